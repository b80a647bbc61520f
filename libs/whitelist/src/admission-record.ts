import { readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { PublicKey, tunnelAddress, type TunnelAddress } from '#crypto';
import { codeOf, messageOf } from '#errors';
import { fileError, makeDirectory, writeFileAtomic } from '#host';
import { isClientName, type ClientName } from './client-name.js';

/** Who holds a tunnel address because it was admitted on it first, and under which name. */
export interface FirstAdmission {
  readonly name: ClientName;
  readonly publicKey: PublicKey;
}

/**
 * The order of first admission, as far as it matters: the holder of each tunnel address. At most as many
 * entries as `10.200.0.0/16` has addresses.
 */
export type AdmissionRecord = ReadonlyMap<TunnelAddress, FirstAdmission>;

export const NO_ADMISSIONS: AdmissionRecord = new Map();

const VERSION = 1;

export interface RecordReading {
  readonly record: AdmissionRecord;
  /** Why the file says nothing; the record is then empty, and colliding keys are all conflicts. */
  readonly fault?: string;
}

/** Reads the record and changes nothing. A file that does not exist is an empty record. */
export async function readAdmissionRecord(path: string): Promise<RecordReading> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return { record: NO_ADMISSIONS };
    return { record: NO_ADMISSIONS, fault: fileError('read', path, error).message };
  }
  try {
    return { record: parse(text) };
  } catch (error) {
    return { record: NO_ADMISSIONS, fault: `${path} is damaged: ${messageOf(error)}` };
  }
}

/**
 * As {@link readAdmissionRecord}, for the engine, which will write the file: one that is damaged is first set
 * aside as `<path>.corrupt-<time>`. `fault` then says where it is; it is for the log, loudly.
 */
export async function openAdmissionRecord(path: string, now: Date): Promise<RecordReading> {
  const reading = await readAdmissionRecord(path);
  if (reading.fault === undefined) return reading;
  const aside = `${path}.corrupt-${now.toISOString().replace(/[-:]|\.\d+/g, '')}`;
  try {
    await rename(path, aside);
    return { ...reading, fault: `${reading.fault}; it is kept as ${aside}` };
  } catch (error) {
    return { ...reading, fault: `${reading.fault}; it could not be set aside: ${messageOf(error)}` };
  }
}

/** Replaces the record, 0600. @throws BanyanError `host`; the old record is then still there. */
export async function saveAdmissionRecord(path: string, record: AdmissionRecord): Promise<void> {
  const holders = Object.fromEntries(
    [...record].map(([address, { name, publicKey }]) => [address, { name, public_key: publicKey.text }]),
  );
  await makeDirectory(dirname(path));
  await writeFileAtomic(path, `${JSON.stringify({ version: VERSION, holders }, undefined, 1)}\n`);
}

function parse(text: string): AdmissionRecord {
  const document = json(text);
  if (!isObject(document) || !isObject(document.holders)) throw new Error('it is not a record of admissions');
  if (document.version !== VERSION) throw new Error(`its version is not ${VERSION}`);
  const record = new Map<TunnelAddress, FirstAdmission>();
  for (const [address, holder] of Object.entries(document.holders)) {
    if (!isObject(holder)) throw new Error('a holder is not an object');
    const { name, public_key: keyText } = holder;
    const publicKey = typeof keyText === 'string' ? PublicKey.tryParse(keyText) : undefined;
    if (typeof name !== 'string' || !isClientName(name) || publicKey === undefined) {
      throw new Error('a holder lacks a name or a key');
    }
    if (tunnelAddress(publicKey) !== address)
      throw new Error(`the holder of ${name} is under a wrong address`);
    record.set(tunnelAddress(publicKey), { name, publicKey });
  }
  return record;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Node's own message quotes the text.
    throw new Error('it is not JSON');
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
