import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import { PublicKey } from '#crypto';
import type { Whereabouts } from './whereabouts.js';

/** What is remembered of an agent over restarts of the engine. Times in milliseconds since the epoch. */
export interface AgentRecord {
  /** Stays over renames and rotations: what belongs to the agent refers to it by this. */
  readonly id: string;
  readonly name: string;
  readonly publicKey: PublicKey;
  readonly firstRegisteredMs: number;
  readonly lastRegisteredMs: number;
  /** Up to a minute old. */
  readonly lastSeenMs: number;
  readonly protocolVersion: number;
  readonly version: string;
  readonly tags: readonly string[];
  /** Where it was last; absent while nobody ever knew. */
  readonly endpoint?: AgentEndpoint;
}

/** Where other agents find one, and since which revision of the network. */
export interface AgentEndpoint extends Whereabouts {
  readonly revision: number;
}

/**
 * The id of an agent that registers for the first time: of its key, so that repeating a registration whose
 * answer was lost meets the same record. A key can come back after its agent has rotated to another; then
 * the id is taken.
 */
export function newId(key: PublicKey, taken: (id: string) => boolean): string {
  const hash = createHash('sha256').update(key.bytes).digest('hex').slice(0, 32);
  let id = hash;
  for (let next = 2; taken(id); next++) id = `${hash}-${next}`;
  return id;
}

/** The text kept in the store. */
export function encodeRecord(record: AgentRecord): string {
  const { id, name, publicKey, firstRegisteredMs, lastRegisteredMs, lastSeenMs } = record;
  const { protocolVersion, version, tags, endpoint } = record;
  return JSON.stringify({
    id,
    name,
    publicKey: publicKey.text,
    firstRegisteredMs,
    lastRegisteredMs,
    lastSeenMs,
    protocolVersion,
    version,
    tags,
    endpoint,
  });
}

/** @returns undefined for anything that is not a record: a store can be written by others. */
export function decodeRecord(text: string): AgentRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const fields = value as Record<string, unknown>;
  const { id, name, firstRegisteredMs, lastRegisteredMs, lastSeenMs, protocolVersion, version, tags } =
    fields;
  const publicKey = isText(fields.publicKey) ? PublicKey.tryParse(fields.publicKey) : undefined;
  if (!publicKey || !isText(id) || !isText(name) || !isText(version)) return undefined;
  if (!isCount(firstRegisteredMs) || !isCount(lastRegisteredMs) || !isCount(lastSeenMs)) return undefined;
  if (!isCount(protocolVersion) || !Array.isArray(tags) || !tags.every(isText)) return undefined;
  return {
    id,
    name,
    publicKey,
    firstRegisteredMs,
    lastRegisteredMs,
    lastSeenMs,
    protocolVersion,
    version,
    tags,
    ...(isEndpoint(fields.endpoint) ? { endpoint: fields.endpoint } : {}),
  };
}

/** One that is damaged is as good as none: the agent's next registration brings it back. */
function isEndpoint(value: unknown): value is AgentEndpoint {
  if (typeof value !== 'object' || value === null) return false;
  const { host, atEngine, port, revision } = value as Record<string, unknown>;
  if (typeof atEngine !== 'boolean' || !isCount(port) || !isCount(revision)) return false;
  return typeof host === 'string' && (host === '' || isIP(host) !== 0);
}

/** Printable ASCII: names, versions and tags reach terminals and logs. */
function isText(value: unknown): value is string {
  return typeof value === 'string' && /^[\x20-\x7e]{0,128}$/.test(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
