import { setTimeout as delay } from 'node:timers/promises';
import { BanyanError } from '#errors';
import {
  branchedFrom,
  encodeStoreId,
  STORE_ID_KEY,
  tryDecodeStoreId,
  type StoreId,
} from '../network/store-id.js';
import { LIVE_PREFIX, shownTrace } from '../store/live/engine-trace.js';
import { LIVE_TIMES, type LiveTimes } from '../store/live/live-engines.js';
import { RESTORING_KEY, type RestoringState } from '../store/live/restoring.js';
import { Sightings } from '../store/live/sightings.js';
import type { Compare, Entry, Operation, Store } from '../store/store.js';
import { OF_THE_MOMENT, type Backup } from './backup.js';
import { batchesOf } from './batches.js';

export interface RestoreOptions {
  /** Also into a store that holds something, which is lost then. */
  readonly force: boolean;
  /** Called when it has to be waited for until it is known whether an engine still runs. */
  readonly onWait?: (trace: string, limitMs: number) => void;
  readonly times?: LiveTimes;
}

/**
 * Makes the store hold what the backup holds, and nothing else. A backup of many agents takes more than one
 * transaction, so a marker in the store says that it is at work; no engine starts until all of it is there.
 *
 * The restored store is another store than the one that was backed up: what happened after the backup happened
 * in that one. So agents keep what the restored one would take from them until it is adopted.
 *
 * @throws BanyanError `conflict` when an engine runs, or the store holds something and `force` is not given:
 *   nothing was changed. Of the store: it may be half restored; then no engine starts until it is tried again.
 */
export async function restore(store: Store, backup: Backup, options: RestoreOptions): Promise<void> {
  const before = await store.list('');
  const marker = before.find(({ key }) => key === RESTORING_KEY);
  const isUnfinished = marker?.value === 'writing';
  const held = before.filter(({ key }) => !key.startsWith(OF_THE_MOMENT));
  if (held.length > 0 && !options.force && !isUnfinished) throw notEmpty(held.length);
  // One that was cut off is taken on: what it left is in no state to call it off.
  const unclaimed = { key: RESTORING_KEY, revision: marker?.revision ?? 0 };
  let claim = await mark(store, isUnfinished ? 'writing' : 'waiting', unclaimed);
  await refuseLiveEngines(store, claim, isUnfinished, options);
  claim = await mark(store, 'writing', claim);
  await write(store, backup, claim);
}

/** @returns the compare that holds as long as the marker is ours. */
async function mark(store: Store, state: RestoringState, claim: Compare): Promise<Compare> {
  const put = { kind: 'put', key: RESTORING_KEY, value: state } as const;
  if (!(await store.transact([claim], [put]))) throw calledOff();
  const found = await store.get(RESTORING_KEY);
  if (found?.value !== state) throw calledOff();
  return { key: RESTORING_KEY, revision: found.revision };
}

/** After the marker: an engine that starts from now on calls us off, and one before it has left its trace. */
async function refuseLiveEngines(
  store: Store,
  claim: Compare,
  isUnfinished: boolean,
  { onWait, times = LIVE_TIMES }: RestoreOptions,
): Promise<void> {
  const sightings = new Sightings(times.deadAfterMs, times.refreshMs);
  let waited = false;
  for (;;) {
    const now = performance.now();
    sightings.look(await store.list(LIVE_PREFIX), now);
    const [alive] = sightings.alive(now).values();
    if (alive !== undefined) {
      // What was half written stays marked as such.
      if (!isUnfinished) await store.transact([claim], [{ kind: 'delete', key: RESTORING_KEY }]);
      throw isRunning(alive);
    }
    const [uncertain] = sightings.uncertain(now).values();
    if (uncertain === undefined) return;
    if (!waited) onWait?.(shownTrace(uncertain), times.deadAfterMs);
    waited = true;
    await delay(Math.min(1_000, times.refreshMs / 4));
  }
}

async function write(store: Store, backup: Backup, claim: Compare): Promise<void> {
  const before = await store.list('');
  const entries = branch(backup.entries, before);
  const kept = new Set([...entries.map(({ key }) => key), RESTORING_KEY]);
  const gone = before.filter(({ key }) => !kept.has(key));
  const operations: Operation[] = [
    ...gone.map(({ key }) => ({ kind: 'delete', key }) as const),
    ...entries.map(({ key, value }) => ({ kind: 'put', key, value }) as const),
  ];
  for (const batch of batchesOf(operations)) {
    if (!(await store.transact([claim], batch))) throw calledOff();
  }
  if (!(await store.transact([claim], [{ kind: 'delete', key: RESTORING_KEY }]))) throw calledOff();
}

/** The entries, as those of another store that counts on above both. */
function branch(
  entries: Backup['entries'],
  before: readonly Entry[],
): readonly { key: string; value: string }[] {
  const histories = [...entries, ...before]
    .filter(({ key }) => key === STORE_ID_KEY)
    .map(({ value }) => tryDecodeStoreId(value))
    .filter((history): history is StoreId => history !== undefined);
  const own = { key: STORE_ID_KEY, value: encodeStoreId(branchedFrom(...histories)) };
  return [...entries.filter(({ key }) => key !== STORE_ID_KEY), own];
}

function notEmpty(count: number): BanyanError {
  return new BanyanError(
    'conflict',
    `the store holds something already (entries: ${count}), which a restore would replace`,
    {
      remedy: 'Back it up first with `banyan-engine backup`, then restore with --force.',
    },
  );
}

function isRunning(trace: string): BanyanError {
  return new BanyanError('conflict', `an engine uses the store: ${shownTrace(trace)}`, {
    remedy: 'Stop it there: sudo systemctl stop banyan-engine',
  });
}

function calledOff(): BanyanError {
  return new BanyanError(
    'conflict',
    'an engine was started, or another restore, while this one was at work',
    {
      remedy: 'Stop the engine and all other restores, then try again with --force.',
    },
  );
}
