import { BanyanError } from '#errors';
import { coversRole, type Client } from '#whitelist';
import type { RoleAccess } from './access.js';

const CALLERS: Record<RoleAccess, string> = { agent: 'an agent', cli: 'banyan-cli' };

/**
 * Why a client may not make the calls of this role; undefined when it may. Its kind is `forbidden`, which an agent
 * never takes for a revocation.
 */
export function denialOf(
  { name, role, publicKey }: Pick<Client, 'name' | 'role' | 'publicKey'>,
  needed: RoleAccess,
): BanyanError | undefined {
  if (coversRole(role, needed)) return undefined;
  return new BanyanError(
    'forbidden',
    `${name} has the role ${role}, as ${name}.pub says, and this is for ${CALLERS[needed]}`,
    {
      remedy: `Use a key with the role ${needed}. If ${name} is to be both, on the engine: sudo banyan-engine add-client --name ${name} --pubkey '${publicKey.text}' --role any --replace`,
    },
  );
}
