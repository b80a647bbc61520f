import { BanyanError, type ErrorDetail, type ErrorKind } from '#errors';
import { PublicKey } from '#crypto';
import { isLoopback, type Connection } from '#channel';
import type { Client, Entry } from '#whitelist';
import type { RoleAccess } from './access.js';

/** Which plain connections may name a key in the header without proving it; see docs/design.md. */
export type HeaderAuth = 'local' | 'anywhere' | 'never';

/** Why a call is refused, for counting: few, and stable. */
export type RefusalReason =
  | 'header missing or repeated'
  | 'header names another key'
  | 'key not proven'
  | 'key not on the whitelist'
  | 'key expired'
  | 'address of another key'
  | 'whitelist not read';

export class Refused extends BanyanError {
  constructor(
    readonly reason: RefusalReason,
    message: string,
    detail: ErrorDetail = {},
    kind: ErrorKind = 'unauthenticated',
  ) {
    super(kind, message, detail);
  }
}

export interface Evidence {
  readonly connection: Connection;
  /** Every value of `x-banyan-public-key` that came with the call. */
  readonly header: readonly (string | Buffer)[];
  /** What the call is for, as far as that tells what the caller is. */
  readonly role?: RoleAccess;
}

export interface Policy {
  readonly headerAuth: HeaderAuth;
  /** User id of the engine: besides root, the only user whose word counts on loopback. */
  readonly engineUid: number;
  /** Whether the firewall rules that make the tunnel's addresses trustworthy are in place. */
  readonly tunnelGuarded: boolean;
  /** False while nobody knows who is on the whitelist: its directory was never read. */
  readonly whitelistRead: boolean;
  /** Looks an admitted key up by its base64 text. */
  readonly find: (keyText: string) => Client | undefined;
  /** Looks up a key whose last day is over. */
  readonly expired: (keyText: string) => Pick<Entry, 'name'> | undefined;
}

/**
 * Who is calling: the whitelist entry, by the key that was proven or, where the policy allows it, named.
 * Pure. A plain connection that proves nothing is refused before the whitelist is asked, so that it cannot
 * be used to find out which keys are on it.
 *
 * @throws Refused `unauthenticated`, with the remedy for whoever reads it; `unavailable` while a key that is not
 *   admitted may be on the whitelist: an agent that is told otherwise takes its network down.
 */
export function decide(evidence: Evidence, policy: Policy): Client {
  const { connection, header, role } = evidence;
  const [named] = header;
  if (header.length !== 1 || typeof named !== 'string') {
    throw new Refused('header missing or repeated', 'the call must carry exactly one x-banyan-public-key', {
      remedy: 'Send the base64 public key of this component in the metadata key x-banyan-public-key.',
    });
  }
  const proven = connection.provenKey;
  if (proven) {
    if (named !== proven.text) {
      throw new Refused(
        'header names another key',
        'x-banyan-public-key names another key than the one this connection proved',
      );
    }
    return policy.find(named) ?? refuseUnknown(proven, role, policy);
  }
  refuseUnlessTrusted(connection, policy);
  const client =
    policy.find(named) ?? refuseUnknown(PublicKey.parse(named, 'x-banyan-public-key'), role, policy);
  if (connection.path === 'tunnel' && client.tunnelAddress !== connection.remoteAddress) {
    throw new Refused(
      'address of another key',
      'the named key does not own the tunnel address this call came from',
    );
  }
  return client;
}

function refuseUnlessTrusted(connection: Connection, policy: Policy): void {
  if (policy.headerAuth === 'anywhere') return;
  if (policy.headerAuth === 'local') {
    if (connection.path === 'tunnel' && policy.tunnelGuarded) return;
    const trusted = connection.callerUid === 0 || connection.callerUid === policy.engineUid;
    if (isLoopback(connection.remoteAddress) && trusted) return;
  }
  throw new Refused('key not proven', 'this connection names a key but does not prove it', {
    remedy:
      'Use banyan-agent or banyan-cli, which prove their key on every connection. For other clients see header_auth in banyan.yaml(5).',
  });
}

function refuseUnknown(
  key: PublicKey,
  role: RoleAccess | undefined,
  { whitelistRead, expired }: Policy,
): never {
  if (!whitelistRead) {
    throw new Refused(
      'whitelist not read',
      'the engine cannot read its keys directory, and knows nobody yet',
      { remedy: 'Run `banyan-engine status` on the engine.' },
      'unavailable',
    );
  }
  const entry = expired(key.text);
  if (entry !== undefined) {
    throw new Refused('key expired', `the key ${key.fingerprint} of ${entry.name} has expired`, {
      remedy: `On the engine: sudo banyan-engine add-client --name ${entry.name} --pubkey '${key.text}' --replace --expires DATE`,
    });
  }
  const asRole = role === undefined ? '' : ` --role ${role}`;
  throw new Refused(
    'key not on the whitelist',
    `the key ${key.fingerprint} is not on the engine's whitelist`,
    {
      remedy: `On the engine: sudo banyan-engine add-client --name NAME --pubkey '${key.text}'${asRole}`,
    },
  );
}
