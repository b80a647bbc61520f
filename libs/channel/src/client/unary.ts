import type { CallOptions, Client, ClientUnaryCall, Metadata, ServiceError } from '@grpc/grpc-js';
import { fromStatus } from '../status-error.js';

type UnaryMethod<Request, Response> = (
  request: Request,
  metadata: Metadata,
  options: Partial<CallOptions>,
  callback: (error: ServiceError | null, response: Response) => void,
) => ClientUnaryCall;

/** Names of the unary methods of a generated client. */
export type UnaryName<C> = {
  [M in keyof C]: C[M] extends UnaryMethod<infer _Request, infer _Response> ? M : never;
}[keyof C];

type RequestOf<F> = F extends UnaryMethod<infer Request, infer _Response> ? Request : never;
type ResponseOf<F> = F extends UnaryMethod<infer _Request, infer Response> ? Response : never;

/**
 * One unary call of a generated client as a promise.
 * @param timeoutMs the call fails as `unavailable` when there is no answer by then.
 * @throws BanyanError of the kind the engine sent.
 */
export function callUnary<C extends Client, M extends UnaryName<C>>(
  client: C,
  method: M,
  request: RequestOf<C[M]>,
  metadata: Metadata,
  timeoutMs: number,
): Promise<ResponseOf<C[M]>> {
  return new Promise((resolve, reject) => {
    const invoke = client[method] as UnaryMethod<RequestOf<C[M]>, ResponseOf<C[M]>>;
    invoke.call(client, request, metadata, { deadline: Date.now() + timeoutMs }, (error, response) =>
      error ? reject(fromStatus(error)) : resolve(response),
    );
  });
}
