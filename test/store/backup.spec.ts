import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeBackup } from '../../apps/engine/src/backup/backup-file.js';
import { restore } from '../../apps/engine/src/backup/restore.js';
import { takeBackup } from '../../apps/engine/src/backup/take-backup.js';
import { LiveEngines } from '../../apps/engine/src/store/live/live-engines.js';
import { openStore, type StoreOptions } from '../../apps/engine/src/store/open.js';
import type { Store } from '../../apps/engine/src/store/store.js';
import { EtcdServer } from './etcd-server.js';
import { killedWriter } from './killed-writer.js';
import { recordingLog } from './log.js';

const PROGRAMS = join(import.meta.dirname, '../../dist/test/store');
const log = recordingLog();

let stateDir: string;
beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'banyan-backup-'));
});
afterEach(() => rm(stateDir, { recursive: true, force: true }));

const embedded = (): StoreOptions => ({ backend: 'embedded', addresses: [], access: {}, stateDir });

async function using<T>(options: StoreOptions, work: (store: Store) => Promise<T>): Promise<T> {
  const store = await openStore(options, log);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

/** Many transactions' worth. */
async function fill(store: Store, value: string): Promise<void> {
  for (let n = 0; n < 1_000; n += 100) {
    const operations = Array.from({ length: 100 }, (_, i) => ({
      kind: 'put' as const,
      key: `agents/${n + i}`,
      value,
    }));
    await store.transact([], operations);
  }
}

const valuesOf = (store: Store): Promise<Set<string>> =>
  store.list('agents/').then((entries) => new Set(entries.map(({ value }) => value)));

describe('a backup', () => {
  it('is of one moment, taken without a lock while another process writes', async () => {
    const writer = spawn(process.execPath, [join(PROGRAMS, 'embedded-writer.js'), stateDir], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { PATH: process.env.PATH },
    });
    const closed = once(writer, 'close');
    const seen = new Set<string>();
    try {
      await once(writer.stdout, 'data');
      writer.stdout.resume();
      while (seen.size < 20) {
        const { entries } = await takeBackup(embedded(), log);
        const of = (name: string) => entries.find(({ key }) => key === name)?.value;
        expect(of('a')).toBe(of('b'));
        if (of('a') !== undefined) seen.add(of('a')!);
      }
    } finally {
      writer.kill('SIGKILL');
      await closed;
    }
  });

  it('moves a store into etcd and back', async () => {
    const etcd = await EtcdServer.start();
    const inEtcd: StoreOptions = {
      backend: 'etcd',
      addresses: [etcd.address],
      access: {},
      stateDir: '/nowhere',
    };
    try {
      await using(embedded(), (store) => fill(store, 'ä "value"\n'));
      const taken = await takeBackup(embedded(), log);
      await using(inEtcd, (store) => restore(store, taken, { force: false }));
      const back = await takeBackup(inEtcd, log);
      const withoutId = back.entries.filter(({ key }) => key !== 'network/store');
      expect(withoutId).toEqual(taken.entries);
      await using(embedded(), (store) => restore(store, back, { force: true }));
      expect(await etcd.etcdctl('get', '--prefix', '--keys-only', '/banyan/v1/engine/')).toBe('');
    } finally {
      await etcd.destroy();
    }
  });
});

describe('a restore', () => {
  it('that is killed -9 at any moment leaves a whole store, or one that no engine takes for whole', async () => {
    await using(embedded(), (store) => fill(store, 'from the backup'));
    await writeBackup(join(stateDir, 'backup'), await takeBackup(embedded(), log));
    const seen = { whole: 0, half: 0 };
    const deadline = performance.now() + 10_000;
    for (let round = 0; seen.half === 0 || (round < 15 && performance.now() < deadline); round++) {
      await using(embedded(), (store) => fill(store, `older ${round}`));
      await killedWriter(join(PROGRAMS, 'restorer.js'), stateDir, 80);
      await using(embedded(), async (store) => {
        const isWhole = await LiveEngines.join(store, false, log).then(
          () => true,
          () => false,
        );
        if (isWhole) expect((await valuesOf(store)).size).toBe(1);
        seen[isWhole ? 'whole' : 'half'] += 1;
        if (isWhole) return;
        await restore(store, await takeBackup(embedded(), log).then(withOne), { force: false });
        await (await LiveEngines.join(store, false, log)).leave();
      });
    }
  });
});

/** Anything that can be restored. */
function withOne(backup: Awaited<ReturnType<typeof takeBackup>>): typeof backup {
  return { ...backup, entries: [{ key: 'agents/0', value: 'done' }] };
}
