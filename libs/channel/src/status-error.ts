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
  const isLate = error.code === status.DEADLINE_EXCEEDED;
  const kind = isLate ? 'unavailable' : (KIND_OF.get(error.code) ?? 'unavailable');
  // What grpc-js says of it is about its own inside.
  const text = isLate ? 'no answer came in time' : message;
  return new BanyanError(kind, text || `the call failed with gRPC status ${error.code}`, {
    cause: error,
    ...(remedy === undefined ? {} : { remedy }),
  });
}
