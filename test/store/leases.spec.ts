import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Subnet } from '#network';
import { Leases } from '../../apps/engine/src/network/leases.js';
import { openStore } from '../../apps/engine/src/store/open.js';
import type { Store } from '../../apps/engine/src/store/store.js';
import { until } from '../lab/index.js';
import { EtcdServer } from './etcd-server.js';
import { killedWriter } from './killed-writer.js';
import { recordingLog } from './log.js';

const WRITER = join(import.meta.dirname, '../../dist/test/store/lease-writer.js');
const log = recordingLog();
const POOL = { vpcCidr: Subnet.parse('10.128.0.0/10'), subnetPrefix: 26 };

const leasesOn = async (store: Store): Promise<Leases> => {
  const leases = new Leases(store, POOL);
  await leases.onModuleInit();
  return leases;
};

/** Every lease has its owner and every owner its lease. @returns the subnet of each agent. */
async function consistent(store: Store): Promise<Map<string, string>> {
  const leases = await store.list('leases/');
  const owners = await store.list('subnets/');
  const of = new Map(leases.map(({ key, value }) => [key.slice('leases/'.length), value]));
  const owned = owners.map(({ key, value }): [string, string] => [
    value,
    key.slice('subnets/'.length).replace('-', '/'),
  ]);
  expect(new Map(owned)).toEqual(of);
  expect(owners).toHaveLength(leases.length);
  return of;
}

describe('leases of two engines on one etcd', () => {
  let etcd: EtcdServer;
  const stores: Store[] = [];
  const open = async (): Promise<Store> => {
    const store = await openStore(
      { backend: 'etcd', addresses: [etcd.address], access: {}, stateDir: '/nowhere' },
      log,
    );
    stores.push(store);
    return store;
  };

  beforeEach(async () => {
    etcd = await EtcdServer.start();
  });
  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close();
    await etcd.destroy();
  });

  it('are given once each to 2,500 that register at random moments, some with both and some twice', async () => {
    const engines = [await leasesOn(await open()), await leasesOn(await open())];
    const given = new Map<string, Set<string>>();
    const register = async (id: string, engine: Leases): Promise<void> => {
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 1_500));
      const { text } = await engine.assign(id, id, []);
      given.set(id, (given.get(id) ?? new Set()).add(text));
    };
    const registrations = Array.from({ length: 2_500 }, (_, n) => {
      const first = engines[Math.random() < 0.5 ? 0 : 1]!;
      // Every tenth comes again, to whichever engine, while the first answer is still out.
      const again = n % 10 === 0 ? [register(`agent-${n}`, engines[Math.random() < 0.5 ? 0 : 1]!)] : [];
      return [register(`agent-${n}`, first), ...again];
    }).flat();
    await Promise.all(registrations);
    expect(given.size).toBe(2_500);
    const kept = await consistent(await open());
    expect(kept.size).toBe(2_500);
    expect(new Set(kept.values()).size).toBe(2_500);
    for (const [id, subnets] of given) expect([...subnets]).toEqual([kept.get(id)]);
  });

  it('stay consistent while both give out and free what is also changed by the other', async () => {
    const engines = [await leasesOn(await open()), await leasesOn(await open())];
    const ids = Array.from({ length: 40 }, (_, n) => `agent-${n}`);
    const work = async (): Promise<void> => {
      for (let n = 0; n < 30; n++) {
        const engine = engines[Math.random() < 0.5 ? 0 : 1]!;
        const id = ids[Math.floor(Math.random() * ids.length)]!;
        await (Math.random() < 0.6 ? engine.assign(id, id, []) : engine.release(id));
      }
    };
    await Promise.all(Array.from({ length: 10 }, work));
    await consistent(await open());
  });

  it('have every one that was acknowledged after etcd was killed in the middle, and go on', async () => {
    const leases = await leasesOn(await open());
    const acknowledged = new Map<string, string>();
    const failures: unknown[] = [];
    let stop = false;
    const work = async (worker: number): Promise<void> => {
      for (let n = 0; !stop; n++) {
        const id = `agent-${worker}-${n}`;
        await leases.assign(id, id, []).then(
          ({ text }) => acknowledged.set(id, text),
          (error: unknown) => failures.push(error),
        );
      }
    };
    const workers = Promise.all(Array.from({ length: 5 }, (_, worker) => work(worker)));
    await until(() => acknowledged.size > 20, { what: 'some are given' });
    await etcd.kill();
    await until(() => failures.length > 0, { what: 'an assignment fails' });
    const known = [...acknowledged][0]!;
    expect((await leases.assign(known[0], known[0], [])).text).toBe(known[1]);
    const before = acknowledged.size;
    await etcd.start();
    await until(() => acknowledged.size > before + 20, { what: 'more are given' });
    stop = true;
    await workers;
    for (const failure of failures) expect(failure).toMatchObject({ kind: 'unavailable' });
    const kept = await consistent(await open());
    for (const [id, subnet] of acknowledged) expect(kept.get(id)).toBe(subnet);
  });
});

describe('leases in the embedded store', () => {
  let stateDir: string;
  beforeEach(async () => {
    stateDir = await mkdtemp(join(tmpdir(), 'banyan-leases-'));
  });
  afterEach(() => rm(stateDir, { recursive: true, force: true }));

  it('match, and have every one that was acknowledged, after kill -9 at any moment', async () => {
    const acknowledged = new Map<string, string>();
    const deadline = performance.now() + 20_000;
    let rounds = 0;
    for (; rounds < 10 || (rounds < 30 && performance.now() < deadline); rounds++) {
      for (const line of await killedWriter(WRITER, stateDir, 80)) {
        const [what, id, subnet] = line.split(' ');
        // What is being released when it is killed may be either.
        if (what === '+') acknowledged.set(id!, subnet!);
        else acknowledged.delete(id!);
      }
      const store = await openStore({ backend: 'embedded', addresses: [], access: {}, stateDir }, log);
      const kept = await consistent(store);
      const { used } = await leasesOn(store);
      await store.close();
      expect(used).toBe(kept.size);
      for (const [id, subnet] of acknowledged) expect(kept.get(id)).toBe(subnet);
    }
    expect(acknowledged.size).toBeGreaterThan(0);
  });
});
