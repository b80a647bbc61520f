import type { PublicKey } from '#crypto';
import { admit, type Entry } from './admit.js';
import { readAdmissionRecord } from './admission-record.js';
import type { Clock } from './clock.js';
import { KeysDirectory } from './directory.js';
import { clockWarning, expiryWarnings } from './expiry-warnings.js';
import { PassedTime } from './passed-time.js';
import { readSeenTime } from './seen-time.js';

/** Where an engine keeps what listing depends on. */
export interface EngineRecords {
  /** Of first admissions. */
  readonly admissions: string;
  /** Of the time. */
  readonly seenTime: string;
}

/**
 * What an engine that started now would admit; for commands that find none running. Changes nothing.
 *
 * @throws BanyanError `host` when the directory cannot be read.
 */
export async function listClients(
  directory: string,
  ownKeys: readonly PublicKey[],
  records: EngineRecords,
  clock: Clock,
): Promise<{ readonly entries: readonly Entry[]; readonly warnings: readonly string[] }> {
  const [{ files, warnings }, { record }, { mark }] = await Promise.all([
    new KeysDirectory(directory, ownKeys).read(),
    readAdmissionRecord(records.admissions),
    readSeenTime(records.seenTime),
  ]);
  const time = new PassedTime(mark);
  time.look(clock());
  const { entries, clients } = admit(files, record, time.passedMs);
  const doubt = clockWarning(time.doubt, clients, records.seenTime);
  return { entries, warnings: [...warnings, ...expiryWarnings(clients, time.passedMs), ...doubt] };
}
