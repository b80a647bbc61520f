import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BanyanError } from '#errors';
import { SILENT } from '#log';
import { Subnet } from '#network';
import { EmbeddedStore } from '../store/embedded/embedded-store.js';
import type { Store } from '../store/store.js';
import type { Pool } from './choose-subnet.js';
import { Leases } from './leases.js';

const pool = (vpcCidr: string, subnetPrefix: number): Pool => ({
  vpcCidr: Subnet.parse(vpcCidr),
  subnetPrefix,
});
const SMALL = pool('10.201.0.0/22', 24);
const subnets = (...texts: string[]): Subnet[] => texts.map((text) => Subnet.parse(text));

describe('leases', () => {
  let directory: string;
  let store: Store;
  let leases: Leases;

  const start = async (settings = SMALL, on = store): Promise<Leases> => {
    const started = new Leases(on, settings);
    await started.onModuleInit();
    return started;
  };

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'banyan-leases-'));
    store = await EmbeddedStore.open(directory, SILENT);
    leases = await start();
  });
  afterEach(async () => {
    await store.close();
    await rm(directory, { recursive: true });
  });

  it('give each agent the lowest free subnet, and the same one again', async () => {
    const given = await Promise.all(['a', 'b', 'a', 'c'].map((id) => leases.assign(id, id, [])));
    expect(given.map(String)).toEqual(['10.201.0.0/24', '10.201.1.0/24', '10.201.0.0/24', '10.201.2.0/24']);
    expect([leases.used, leases.total]).toEqual([3, 4]);
  });

  it('last over restarts', async () => {
    await leases.assign('a', 'a', []);
    await leases.assign('b', 'b', []);
    await leases.release('a');
    const again = await start();
    expect(again.of('b')?.text).toBe('10.201.1.0/24');
    expect(again.of('a')).toBeUndefined();
  });

  it('are free again once they are released, and not before', async () => {
    await leases.assign('a', 'a', []);
    expect((await leases.release('a'))?.text).toBe('10.201.0.0/24');
    expect(await leases.release('a')).toBeUndefined();
    expect((await leases.assign('b', 'b', [])).text).toBe('10.201.0.0/24');
  });

  it('do not overlap what the host of the agent routes itself', async () => {
    const routes = subnets('10.201.0.128/25', '192.168.0.0/16', '10.201.1.0/24');
    expect((await leases.assign('a', 'a', routes)).text).toBe('10.201.2.0/24');
    expect((await leases.assign('b', 'b', [])).text).toBe('10.201.0.0/24');
  });

  it('stay though the host begins to route them itself', async () => {
    await leases.assign('a', 'a', []);
    expect((await leases.assign('a', 'a', subnets('10.201.0.0/16'))).text).toBe('10.201.0.0/24');
  });

  it('say how to grow when there are no more', async () => {
    for (const id of ['a', 'b', 'c', 'd']) await leases.assign(id, id, []);
    await expect(leases.assign('e', 'e', [])).rejects.toMatchObject({
      kind: 'exhausted',
      message: 'all 4 subnets of /24 in 10.201.0.0/22 are in use',
      remedy: expect.stringContaining('larger network') as string,
    });
  });

  it('say that the host itself is in the way', async () => {
    await expect(leases.assign('a', 'worker-1', subnets('10.201.0.0/22'))).rejects.toMatchObject({
      kind: 'conflict',
      message:
        'every free subnet of 10.201.0.0/22 overlaps a network that the host of worker-1 routes itself',
    });
  });

  it('grow with a network that contains the old one, and refuse any other', async () => {
    await leases.assign('a', 'a', []);
    const grown = await start(pool('10.201.0.0/16', 24));
    expect(grown.of('a')?.text).toBe('10.201.0.0/24');
    for (const other of [SMALL, pool('10.201.0.0/16', 25), pool('10.202.0.0/16', 24)]) {
      await expect(start(other)).rejects.toMatchObject({
        kind: 'invalid',
        remedy: expect.stringContaining('Put back vpc_cidr: "10.201.0.0/16"') as string,
      });
    }
    await grown.release('a');
    expect((await start(pool('10.202.0.0/16', 25))).total).toBe(512);
  });

  it('are known again after an answer of the store was lost', async () => {
    let lost = true;
    const forgetful: Store = {
      get: (key) => store.get(key),
      list: (...prefixes) => store.list(...prefixes),
      watch: (prefix, onChange) => store.watch(prefix, onChange),
      close: () => store.close(),
      transact: async (compares, operations) => {
        const done = await store.transact(compares, operations);
        if (lost && compares.length > 0) throw new BanyanError('unavailable', 'the answer was lost');
        return done;
      },
    };
    const unsure = await start(SMALL, forgetful);
    await expect(unsure.assign('a', 'a', [])).rejects.toThrow('the answer was lost');
    lost = false;
    expect((await unsure.assign('b', 'b', [])).text).toBe('10.201.1.0/24');
    expect((await unsure.assign('a', 'a', [])).text).toBe('10.201.0.0/24');
  });

  it('are read whole while another engine gives a subnet to somebody else', async () => {
    await leases.assign('a', 'a', []);
    const other = await start();
    let meanwhile = async (): Promise<void> => {
      await other.release('a');
      await other.assign('b', 'b', []);
    };
    const interrupted: Store = {
      get: (key) => store.get(key),
      transact: (compares, operations) => store.transact(compares, operations),
      watch: (prefix, onChange) => store.watch(prefix, onChange),
      close: () => store.close(),
      list: async (...prefixes) => {
        const entries = await store.list(...prefixes);
        await meanwhile();
        meanwhile = () => Promise.resolve();
        return entries;
      },
    };
    const late = await start(SMALL, interrupted);
    await expect(late.assign('a', 'a', [])).resolves.toBeDefined();
    expect((await late.assign('b', 'b', [])).text).toBe('10.201.0.0/24');
  });

  it('of two engines on one store are never the same, and none is lost', async () => {
    const settings = pool('10.201.0.0/16', 26);
    const engines = [await start(settings), await start(settings)];
    const ids = Array.from({ length: 400 }, (_, n) => `agent-${n}`);
    const given = await Promise.all(ids.map((id, n) => engines[n % 2]!.assign(id, id, [])));
    expect(new Set(given.map(String)).size).toBe(400);
    const read = await start(settings);
    expect(ids.map((id) => read.of(id)?.text)).toEqual(given.map(String));
  });

  it('are not released again once another engine gave the subnet to somebody else', async () => {
    await leases.assign('a', 'a', []);
    const other = await start();
    await other.release('a');
    await other.assign('b', 'b', []);
    expect(await leases.release('a')).toBeUndefined();
    expect((await start()).of('b')?.text).toBe('10.201.0.0/24');
  });

  it('that are damaged are refused to their agent alone', async () => {
    const value = '10.201.0.0/24';
    await store.transact([], [{ kind: 'put', key: 'leases/x', value }]);
    const damaged = await start();
    const [x, y] = await Promise.allSettled(['x', 'y'].map((id) => damaged.assign(id, id, [])));
    expect(x).toMatchObject({
      reason: { kind: 'host', remedy: expect.stringContaining('forget --name x') as string },
    });
    expect(y).toMatchObject({ value: { text: '10.201.1.0/24' } });
  });

  it('that are damaged are given anew once they are released', async () => {
    await store.transact([], [{ kind: 'put', key: 'leases/x', value: 'nonsense' }]);
    const damaged = await start();
    await expect(damaged.assign('x', 'worker-1', [])).rejects.toMatchObject({
      kind: 'host',
      remedy: expect.stringContaining('banyan-engine forget --name worker-1') as string,
    });
    expect(await damaged.release('x')).toBeUndefined();
    expect((await damaged.assign('x', 'worker-1', [])).text).toBe('10.201.0.0/24');
    expect((await start()).of('x')?.text).toBe('10.201.0.0/24');
  });

  it('that fit no subnet are nobody’s, and their subnets not free', async () => {
    await store.transact(
      [],
      [
        { kind: 'put', key: 'leases/x', value: 'nonsense' },
        { kind: 'put', key: 'subnets/10.201.0.0-24', value: 'y' },
      ],
    );
    const damaged = await start();
    expect(damaged.of('x')).toBeUndefined();
    expect((await damaged.assign('a', 'a', [])).text).toBe('10.201.1.0/24');
  });
});

describe('the settings of the network', () => {
  it.each([
    ['the control network', '10.200.0.0/16', 24, 'overlaps 10.200.0.0/16'],
    ['a network around the control network', '10.0.0.0/8', 24, 'overlaps 10.200.0.0/16'],
    ['the internet', '0.0.0.0/0', 24, 'is no private network'],
    ['loopback', '127.0.0.0/8', 24, 'is no private network'],
    ['multicast', '224.0.0.0/8', 24, 'is no private network'],
    ['subnets larger than the network', '10.201.0.0/24', 16, 'cannot be divided into subnets of /16'],
    ['subnets without room for containers', '10.201.0.0/16', 30, 'cannot be divided into subnets of /30'],
    ['more subnets than anybody counts', '172.16.0.0/12', 29, 'more than 65536 subnets'],
  ])('are not %s', async (_, vpcCidr, subnetPrefix, why) => {
    const unused = {} as Store;
    const leases = new Leases({ ...unused, list: () => Promise.resolve([]) }, pool(vpcCidr, subnetPrefix));
    await expect(leases.onModuleInit()).rejects.toThrow(why);
  });
});
