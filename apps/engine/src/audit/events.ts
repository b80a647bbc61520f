import type { PublicKey } from '#crypto';
import { TERMINAL_ORDERS } from '#errors';
import type { Receipt } from '../network/receipt.js';
import type { ChainEnd, Fields, FieldValue } from './chain.js';

/** Who caused it, as far as the engine knows. */
export type Actor = 'admin socket' | 'file' | 'command';

/** Something for the audit log. Its names are stable: people search for them. */
export interface AuditEvent {
  readonly event: string;
  readonly fields: Fields;
  /** Of what an admitted component can do as often as it likes: written once an hour for each such text. */
  readonly repeats?: string;
}

const MOST_TEXT = 300;
const MOST_NAMES = 32;

/** Values are one harmless line each, whatever they are made from. */
function event(name: string, values: Readonly<Record<string, FieldValue | undefined>>): AuditEvent {
  const fields: Record<string, FieldValue> = {};
  for (const [field, value] of Object.entries(values))
    if (value !== undefined) fields[field] = harmless(value);
  return { event: name, fields };
}

function harmless(value: FieldValue): FieldValue {
  if (typeof value === 'string') return shortLine(value);
  if (typeof value !== 'object') return value;
  const more = value.length - MOST_NAMES;
  return [...value.slice(0, MOST_NAMES).map(shortLine), ...(more > 0 ? [`and ${more} more`] : [])];
}

/** Letters of any script, and nothing that a terminal obeys. */
function shortLine(text: string): string {
  const short = text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT)}...` : text;
  return short.replace(TERMINAL_ORDERS, '?').toWellFormed();
}

/** A key as everybody may see it. */
function shown({ publicKey }: { readonly publicKey: PublicKey }): Record<string, string> {
  return { fingerprint: publicKey.fingerprint, public_key: publicKey.text };
}

interface Named {
  readonly name: string;
  readonly publicKey: PublicKey;
}

/** With its role, last day and note in words. */
interface KnownClient extends Named {
  readonly terms: string;
}

export const engineStarted = (engine: {
  readonly version: string;
  readonly publicKey: PublicKey;
  readonly storeId: string;
  readonly clients: number;
}): AuditEvent =>
  event('engine.started', {
    version: engine.version,
    fingerprint: engine.publicKey.fingerprint,
    store_id: engine.storeId,
    clients: engine.clients,
  });

export const engineStopped = (): AuditEvent => event('engine.stopped', {});

/** @param isLate found at a start: it happened while no engine ran. */
export const clientAdmitted = (client: KnownClient, by: Actor, isLate = false): AuditEvent =>
  event('client.admitted', { name: client.name, ...shown(client), terms: client.terms, by, ...late(isLate) });

/** @param before the terms that held until now. */
export const clientChanged = (client: KnownClient, before: string, by: Actor, isLate = false): AuditEvent =>
  event('client.changed', {
    ...{ name: client.name, ...shown(client), terms: client.terms, before, by },
    ...late(isLate),
  });

export const clientRenamed = (client: Named, from: string, by: Actor, isLate = false): AuditEvent =>
  event('client.renamed', { name: client.name, from, ...shown(client), by, ...late(isLate) });

/** @param why as `its file is gone`. */
export const clientRevoked = (client: Named, by: Actor, why: string, isLate = false): AuditEvent =>
  event('client.revoked', { name: client.name, ...shown(client), by, why, ...late(isLate) });

function late(isLate: boolean): { while_stopped?: true } {
  return isLate ? { while_stopped: true } : {};
}

/** Follows `client.revoked` once agents have answered, at the latest after five seconds. */
export const revocationReceipt = (client: Named, receipt: Receipt): AuditEvent =>
  event('client.revocation_receipt', {
    name: client.name,
    fingerprint: client.publicKey.fingerprint,
    applied: receipt.applied.length,
    pending: receipt.pending,
    offline: receipt.offline,
    refused:
      receipt.refused.length === 0 ? undefined : receipt.refused.map(({ name, why }) => `${name}: ${why}`),
    milliseconds: receipt.milliseconds,
  });

export const keyRotated = (name: string, from: PublicKey, to: PublicKey): AuditEvent =>
  event('key.rotated', {
    name,
    from: from.fingerprint,
    to: to.fingerprint,
    public_key: to.text,
    by: 'rotation',
  });

/** @param isTaught whether clients learn the new one by the old one. */
export const engineKeyRotated = (
  from: PublicKey,
  to: PublicKey,
  isTaught: boolean,
  by: Actor,
  isLate: boolean,
): AuditEvent =>
  event('engine.key_rotated', {
    ...{ from: from.fingerprint, to: to.fingerprint, public_key: to.text },
    taught: isTaught,
    by,
    ...late(isLate),
  });

/** @param left names of admitted clients that do not know the new one; undefined when nobody can tell. */
export const engineKeyDestroyed = (
  previous: PublicKey,
  left: readonly string[] | undefined,
  isLate: boolean,
): AuditEvent =>
  event('engine.key_destroyed', { fingerprint: previous.fingerprint, not_learned: left, ...late(isLate) });

/** An admitted key that asked for what its role does not allow. @param rpc as `register`. */
export const roleDenied = (denied: {
  readonly name: string;
  readonly role: string;
  readonly rpc: string;
  readonly address: string;
}): AuditEvent => ({
  ...event('role.denied', { ...denied }),
  repeats: `role.denied ${denied.name} ${denied.rpc}`,
});

export const subnetReleased = (name: string, subnet: string): AuditEvent =>
  event('subnet.released', { name, subnet, by: 'admin socket' });

export const agentForgotten = (name: string, subnet: string | undefined): AuditEvent =>
  event('agent.forgotten', { name, subnet, by: 'admin socket' });

export const storeAdopted = (storeId: string, told: readonly string[]): AuditEvent =>
  event('store.adopted', { store_id: storeId, told, by: 'admin socket' });

export const storeRestored = (file: string, madeAt: string, entries: number): AuditEvent =>
  event('store.restored', { file, made_at: madeAt, entries, by: 'command' });

/** @param setting of the config, or what is weak; @param why a sentence. */
export const securityWeakened = (setting: string, why: string): AuditEvent =>
  event('security.weakened', { setting, why });

export const securityMended = (setting: string, why: string): AuditEvent =>
  event('security.mended', { setting, why });

/** The first line of every file but the first. @param dropped the last line that is kept no more, if any was dropped. */
export const logContinued = (dropped: ChainEnd | undefined): AuditEvent =>
  event('log.continued', dropped ? { dropped_through: dropped.seq, dropped_hash: dropped.hash } : {});

/** What a crash left of a line, which was taken away. */
export const logTorn = (bytes: number, text: string): AuditEvent => event('log.torn', { bytes, text });

export const logGap = (lost: number): AuditEvent =>
  event('log.gap', { lost, text: `gap: ${lost} events lost` });

/** Found at a start; `banyan-engine audit --verify` goes on finding it. */
export const logDamaged = (file: string, fault: string): AuditEvent => event('log.damaged', { file, fault });
