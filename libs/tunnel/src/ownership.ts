import type { PublicKey } from '#crypto';
import { BanyanError } from '#errors';
import type { ActualDevice } from '#wireguard';
import { INTERFACE, label, type Role } from './wg-control.js';

/** `wg-control` is another role's: of several on a host, one has the tunnel, and the others need none. */
export class HeldByAnotherRole extends BanyanError {
  constructor(holder: string) {
    super('conflict', `${INTERFACE} is owned by another role on this host: ${holder}`, {
      remedy: `To have the tunnel here, stop that role and take its tunnel down: \`${holderCommand(holder)}\`.`,
    });
  }
}

/**
 * Whose the interface is. It is ours with our key, and also with another key under our label: `init` has
 * given us a new one since. One without any key is nobody's.
 *
 * @param alias of the interface.
 * @throws HeldByAnotherRole
 */
export function refuseHeld(
  device: ActualDevice,
  alias: string | undefined,
  role: Role,
  own: PublicKey,
): void {
  const { publicKey } = device;
  if (!publicKey || publicKey.equals(own) || alias === label(role)) return;
  const known = (['engine', 'agent', 'cli'] as const).find((other) => label(other) === alias);
  throw new HeldByAnotherRole(known ? label(known) : `whoever has the key ${publicKey.fingerprint}`);
}

function holderCommand(holder: string): string {
  if (holder === label('cli')) return 'banyan-cli disconnect';
  return holder.startsWith('banyan-') ? `${holder} down` : `ip link delete ${INTERFACE}`;
}
