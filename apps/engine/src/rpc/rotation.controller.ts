import { Controller, Inject, UseFilters, UseGuards } from '@nestjs/common';
import { GrpcMethod, Payload } from '@nestjs/microservices';
import type { CallContext } from '#channel';
import { BanyanError } from '#errors';
import type {
  BeginRotationRequest,
  BeginRotationResponse,
  ConfirmRotationRequest,
  ConfirmRotationResponse,
  FinishRotationResponse,
} from '#protocol';
import { AllowedTo, Caller } from '../auth/access.js';
import { AuthGuard } from '../auth/auth.guard.js';
import { ROTATION_TIMING, Rotations, type Proven, type RotationTiming } from '../rotation/rotations.js';
import { ErrorsFilter } from './errors.filter.js';

/** How components replace their own keys. A key that is only named, by a header, is no ground for another. */
@Controller()
@UseGuards(AuthGuard)
@UseFilters(ErrorsFilter)
export class RotationController {
  constructor(
    private readonly rotations: Rotations,
    @Inject(ROTATION_TIMING) private readonly timing: RotationTiming,
  ) {}

  @AllowedTo('client')
  @GrpcMethod('RotationService', 'beginRotation')
  beginRotation(
    @Payload() { newPublicKey }: BeginRotationRequest,
    @Caller() caller: CallContext,
  ): BeginRotationResponse {
    const proven = provenOf(caller);
    const nonce = this.rotations.begin(proven, newPublicKey);
    return { name: proven.name, nonce: nonce ?? Buffer.alloc(0), denied: nonce === undefined };
  }

  @AllowedTo('client')
  @GrpcMethod('RotationService', 'confirmRotation')
  async confirmRotation(
    @Payload() { nonce, proof }: ConfirmRotationRequest,
    @Caller() caller: CallContext,
  ): Promise<ConfirmRotationResponse> {
    const { moved, offline } = await this.rotations.confirm(provenOf(caller), { nonce, proof });
    return { moved: [...moved], offline: [...offline], finishWithinMs: this.timing.finish };
  }

  @AllowedTo('client')
  @GrpcMethod('RotationService', 'finishRotation')
  async finishRotation(_: unknown, @Caller() caller: CallContext): Promise<FinishRotationResponse> {
    const proven = provenOf(caller);
    await this.rotations.finish(proven);
    return { name: proven.name };
  }
}

/** @throws BanyanError `forbidden` for a connection that has proven no key. */
function provenOf({ name, connection }: CallContext): Proven {
  const publicKey = connection?.provenKey;
  if (connection && publicKey && name !== undefined) return { name, publicKey, connection };
  throw new BanyanError('forbidden', 'a key is rotated only over a connection that has proven it', {
    remedy: 'Use `banyan-agent rotate` or `banyan-cli rotate`, which prove their key on every connection.',
  });
}
