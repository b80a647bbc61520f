import type { Inspected } from '#firewall';
import type { PublicKey } from '#crypto';
import { describeChange, type Change } from '#wireguard';
import type { HostChange } from './data-plane.js';
import type { ClosingPlan, DevicePlan, OpeningPlan } from './host-plan.js';
import { INTERFACE } from './names.js';

/** What a peer is called, by its public key in base64. */
export type PeerNames = ReadonlyMap<string, string>;

const WHY_TABLE: Record<Exclude<Inspected, 'in force'>, string> = {
  missing: 'there is none',
  changed: 'it does not say what it should',
  unverified: 'what it says is not known to be what it should',
};

export function closingChanges({ tables, barrier, guard }: ClosingPlan): HostChange[] {
  const loads = tables.flatMap(({ table, is }) =>
    is === 'in force' ? [] : [{ what: `load the firewall table ${table.name}`, why: WHY_TABLE[is] }],
  );
  return [...loads, ...[...barrier, ...guard].map(inWords)];
}

export function openingChanges(
  { forwarding, bridge, reversePath }: OpeningPlan,
  { changes }: DevicePlan,
  names: PeerNames,
): HostChange[] {
  return [
    ...[...forwarding, ...bridge].map(inWords),
    ...deviceChanges(changes, names),
    ...reversePath.map(inWords),
  ];
}

export function deviceChanges(changes: readonly Change[], names: PeerNames): HostChange[] {
  return changes.map((change) => deviceChange(change, names));
}

/** Without how it is done. */
function inWords({ what, why }: HostChange): HostChange {
  return { what, why };
}

function deviceChange(change: Change, names: PeerNames): HostChange {
  switch (change.kind) {
    case 'add-peer':
    case 'update-peer': {
      const { publicKey, allowedIps } = change.peer;
      const verb = change.kind === 'add-peer' ? 'add' : 'change';
      const what = `${verb} peer ${nameOf(publicKey, names)} (${allowedIps.join(', ')})`;
      return { what, why: change.reason };
    }
    case 'remove-peer':
      return { what: `remove peer ${nameOf(change.publicKey, names)}`, why: change.reason };
    default:
      return { what: `${INTERFACE}: ${describeChange(change)}`, why: change.reason };
  }
}

function nameOf(key: PublicKey, names: PeerNames): string {
  return names.get(key.text) ?? key.fingerprint;
}
