import type { PublicKey, TunnelAddress } from '#crypto';
import type { AdmissionRecord, FirstAdmission } from './admission-record.js';
import type { ClientName } from './client-name.js';
import type { ClientTerms } from './client-terms.js';
import type { ClientFile, KeyFile } from './directory.js';
import { endOf } from './expiry-date.js';
import type { Refusal } from './client-file.js';

/** Somebody whose key is admitted. */
export interface Client extends ClientTerms {
  readonly name: ClientName;
  readonly publicKey: PublicKey;
  readonly tunnelAddress: TunnelAddress;
}

export type EntryState = 'admitted' | 'invalid' | 'duplicate' | 'conflict' | 'expired';

/** One `.pub` file as `list-clients` shows it. `name` is printable whatever the file is called; one that is invalid has no terms. */
export interface Entry extends Partial<ClientTerms> {
  readonly name: string;
  readonly publicKey?: PublicKey;
  readonly tunnelAddress?: TunnelAddress;
  readonly state: EntryState;
  /** Why it is not admitted, and what to do about it; absent when it is. */
  readonly reason?: string;
}

export interface Admission {
  /** In the order of `files`. */
  readonly entries: readonly Entry[];
  readonly clients: readonly Client[];
  /** The record after this admission; the same object when nothing changed. */
  readonly record: AdmissionRecord;
}

/**
 * Decides which files are admitted: a key has one name, and a tunnel address has one key.
 *
 * - *duplicate*: several files hold one key. A name is an identity, so nobody may gain a second one by a copy:
 *   the name on record stays admitted; with none on record, none is.
 * - *conflict*: different keys share a tunnel address, which can be ground on purpose. The key on record keeps
 *   the address; with none on record, all are conflicts. File names decide nothing.
 * - *expired*: its last day is over. It keeps its name and its address all the same: a copy revives nobody.
 *
 * The record keeps the last holder of each address, also while its file is away: a directory that is empty for
 * a while must not cost a client its place. A newcomer takes the place only where nobody else claims it.
 *
 * @param passedMs the latest moment that has passed for certain, see {@link import('./passed-time.js').PassedTime}.
 */
export function admit(files: readonly ClientFile[], record: AdmissionRecord, passedMs: number): Admission {
  const claims = claimsOf(files, record);
  const entries: Entry[] = [];
  const clients: Client[] = [];
  const next = new Map<TunnelAddress, FirstAdmission>(record);
  let recordChanged = false;
  for (const file of files) {
    if (file.kind !== 'key') {
      entries.push({ name: file.name, state: 'invalid', reason: sentences(file.refusal) });
      continue;
    }
    const { kind: _, ...client } = file;
    const { name, publicKey, tunnelAddress } = client;
    const refused = refusalOf(file, claims.get(tunnelAddress)!) ?? expiryOf(client, passedMs);
    if (refused !== undefined) {
      entries.push({ ...client, state: refused.state, reason: sentences(refused) });
      continue;
    }
    entries.push({ ...client, state: 'admitted' });
    clients.push(client);
    const before = next.get(tunnelAddress);
    if (before?.name !== name || !before.publicKey.equals(publicKey)) {
      next.set(tunnelAddress, { name, publicKey });
      recordChanged = true;
    }
  }
  return { entries, clients, record: recordChanged ? next : record };
}

/** Everything that claims one tunnel address. */
interface Claim {
  /** Files by key text. */
  readonly keys: Map<string, KeyFile[]>;
  readonly onRecord: FirstAdmission | undefined;
}

function claimsOf(files: readonly ClientFile[], record: AdmissionRecord): Map<TunnelAddress, Claim> {
  const claims = new Map<TunnelAddress, Claim>();
  for (const file of files) {
    if (file.kind !== 'key') continue;
    let claim = claims.get(file.tunnelAddress);
    if (claim === undefined) {
      claim = { keys: new Map(), onRecord: record.get(file.tunnelAddress) };
      claims.set(file.tunnelAddress, claim);
    }
    const bearers = claim.keys.get(file.publicKey.text);
    if (bearers === undefined) claim.keys.set(file.publicKey.text, [file]);
    else bearers.push(file);
  }
  return claims;
}

function refusalOf(file: KeyFile, { keys, onRecord }: Claim): (Refusal & { state: EntryState }) | undefined {
  const bearers = keys.get(file.publicKey.text)!;
  const recorded = onRecord !== undefined && onRecord.publicKey.equals(file.publicKey);
  if (bearers.length > 1 && !(recorded && onRecord.name === file.name)) {
    const others = bearers.filter((other) => other !== file).map((other) => other.name);
    return {
      state: 'duplicate',
      reason: `It holds the same key as ${listed(others)}, and a key has one name`,
      remedy: 'Remove all but one of these files.',
    };
  }
  if (keys.size === 1 || recorded) return undefined;
  if (onRecord !== undefined && keys.has(onRecord.publicKey.text)) {
    return {
      state: 'conflict',
      reason: `Its tunnel address ${file.tunnelAddress} belongs to ${onRecord.name}, which was admitted first`,
      remedy: `Run \`init\` again on ${file.name}, which gives it another key and address, and replace this file.`,
    };
  }
  const rivals = [...keys.values()].flat().filter((other) => !other.publicKey.equals(file.publicKey));
  return {
    state: 'conflict',
    reason: `It shares the tunnel address ${file.tunnelAddress} with ${listed(rivals.map(({ name }) => name))}, and none of them is known to have been first`,
    remedy:
      'Keep the file of the one you trust to be right, remove the others, and run `init` again on those.',
  };
}

function expiryOf(
  { name, expires }: Client,
  passedMs: number,
): (Refusal & { state: EntryState }) | undefined {
  if (expires === undefined || endOf(expires) > passedMs) return undefined;
  return {
    state: 'expired',
    reason: `It expired at the end of ${expires} (UTC)`,
    remedy: `Give it a later \`# expires:\`, or remove it: \`banyan-engine remove-client --name ${name}\`.`,
  };
}

function sentences({ reason, remedy }: Refusal): string {
  return `${reason}. ${remedy}`;
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 3).join(', ');
  return names.length > 3 ? `${shown} and ${names.length - 3} more` : shown;
}
