import { status, type ServiceError } from '@grpc/grpc-js';
import { BanyanError, type ErrorKind } from '#errors';

/** One mapping for both ends: the engine sends these codes for these kinds. */
const CODE_OF: Record<ErrorKind, status> = {
  invalid: status.INVALID_ARGUMENT,
  conflict: status.ALREADY_EXISTS,
  'not-found': status.NOT_FOUND,
  unauthenticated: status.UNAUTHENTICATED,
  forbidden: status.PERMISSION_DENIED,
  unavailable: status.UNAVAILABLE,
  host: status.FAILED_PRECONDITION,
  exhausted: status.RESOURCE_EXHAUSTED,
};

const KIND_OF = new Map(Object.entries(CODE_OF).map(([kind, code]) => [code, kind as ErrorKind]));
const REMEDY_MARK = '\nTry: ';

/** The wire form of a domain error: a gRPC code, and a text that helps users of other clients too. */
export function toStatus(error: BanyanError): { code: status; details: string } {
  return {
    code: CODE_OF[error.kind],
    details: error.remedy === undefined ? error.message : `${error.message}${REMEDY_MARK}${error.remedy}`,
  };
}

/** A failed call as a domain error: what {@link toStatus} sent, or what grpc-js found. */
export function fromStatus(error: ServiceError): BanyanError {
  const [message = '', remedy] = error.details.split(REMEDY_MARK, 2);
  const kind =
    error.code === status.DEADLINE_EXCEEDED ? 'unavailable' : (KIND_OF.get(error.code) ?? 'unavailable');
  return new BanyanError(kind, plain(message) || `the call failed with gRPC status ${error.code}`, {
    cause: error,
    ...(remedy === undefined ? {} : { remedy }),
  });
}

/** Without what grpc-js says of its insides where nobody has answered. */
function plain(details: string): string {
  const [, seconds] = /^Deadline exceeded after ([0-9.]+)s/.exec(details) ?? [];
  if (seconds !== undefined) return `no answer within ${Math.max(1, Math.round(Number(seconds)))} s`;
  if (/^Received RST_STREAM/.test(details)) return 'the other end broke the call off';
  return details === 'Connection dropped' ? 'the other end went away' : details;
}
