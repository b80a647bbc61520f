import { createParamDecorator, SetMetadata, type ExecutionContext } from '@nestjs/common';
import type { ServerUnaryCall } from '@grpc/grpc-js';
import { CallContext } from '#channel';
import type { ClientRole } from '#whitelist';

/**
 * Who may call an RPC: `anyone`; an admitted key whose role is `agent`, `cli` or `any`; `client`, every admitted key;
 * `admin`, the engine's own host through the admin socket. Every RPC declares it; one that does not is refused.
 */
export type Access = 'anyone' | 'client' | RoleAccess | 'admin';
export type RoleAccess = Exclude<ClientRole, 'any'>;

export const ACCESS = 'banyan:access';
export const AllowedTo = (access: Access): MethodDecorator => SetMetadata(ACCESS, access);

/** A gRPC call that came through the gate. */
export type GatedCall = ServerUnaryCall<unknown, unknown>;

/** @throws Error when the call did not come through the gate: a fault of ours, never of the caller. */
export function contextOf(call: GatedCall): CallContext {
  const context = call.getAuthContext();
  if (!(context instanceof CallContext)) throw new Error('a call that did not come through the gate');
  return context;
}

/** Handler parameter: the call itself, for handlers that mind its flow control. */
export const Call = createParamDecorator((_: unknown, context: ExecutionContext): unknown => {
  const [, , call] = context.getArgs<[unknown, unknown, unknown]>();
  return call;
});

/** Handler parameter: what the gate and the guard found out about the caller. */
export const Caller = createParamDecorator((_: unknown, context: ExecutionContext): CallContext => {
  const [, , call] = context.getArgs<[unknown, unknown, GatedCall]>();
  return contextOf(call);
});
