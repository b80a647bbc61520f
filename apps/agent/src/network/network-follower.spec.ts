import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ReachedEngine } from '#channel';
import type { AgentSettings } from '#config';
import { generateKey } from '#crypto/generate';
import type { DataPlane, DesiredDataPlane } from '#dataplane';
import type { NetworkDelta, SyncAck } from '#protocol';
import { OwnKeys } from '../own-keys.js';
import { KeyMover } from '../rotation/key-mover.js';
import { sent, snapshot } from '../testing/sample-network.js';
import { Keeper } from './keeper.js';
import { NetworkFollower } from './network-follower.js';

/** A host that becomes at once what it is told. */
class ReadyPlane implements Partial<DataPlane> {
  readonly journal: string[] = [];

  apply({ network }: DesiredDataPlane): Promise<readonly []> {
    this.journal.push(`apply ${network.peers.map(({ name }) => name).join(' ')}`);
    return Promise.resolve([]);
  }

  down(): Promise<readonly []> {
    this.journal.push('down');
    return Promise.resolve([]);
  }

  watch(): { close(): Promise<void> } {
    return { close: () => Promise.resolve() };
  }

  hostRoutes(): Promise<readonly string[]> {
    return Promise.resolve([]);
  }
}

function engineAt(address: string): ReachedEngine {
  const engineKey = generateKey().publicKey;
  return {
    channel: 'direct',
    address,
    engineKey,
    engineKeyConfirmed: true,
    tunnel: { up: false, detail: '' },
  };
}

describe('an agent that follows the network', () => {
  let stateDir: string;
  let plane: ReadyPlane;
  let keeper: Keeper;
  let follower: NetworkFollower;
  let acks: SyncAck[];

  beforeEach(async () => {
    stateDir = await mkdtemp(join(tmpdir(), 'banyan-follower-'));
    plane = new ReadyPlane();
    keeper = new Keeper(plane as unknown as DataPlane);
    follower = another();
    await follower.onModuleInit();
    acks = [];
  });

  afterEach(async () => {
    await keeper.beforeApplicationShutdown();
    await follower.onApplicationShutdown();
    await rm(stateDir, { recursive: true });
  });

  function another(): NetworkFollower {
    const settings = { stateDir, privateKey: generateKey(), wgPort: 51_820, mtu: 1_420, hostAccess: false };
    const keys = new OwnKeys(settings);
    return new NetworkFollower(
      settings as unknown as AgentSettings,
      plane as unknown as DataPlane,
      keeper,
      keys,
      new KeyMover(plane as unknown as DataPlane, keys, keeper),
    );
  }

  /** All that there was to write has been, or could not be. */
  const saved = () => follower.onApplicationShutdown();
  const without = (number: number): NetworkDelta => ({
    base: 10,
    revision: 11,
    changed: [],
    removed: [sent(number).publicKey],
    adopted: false,
  });
  const settled = () => new Promise((turn) => setImmediate(turn));

  it('builds what the engine describes, and acknowledges it', async () => {
    follower.opened(engineAt('192.0.2.1'), (ack) => acks.push(ack));
    follower.replaced(snapshot([sent(1)]));
    await settled();
    expect(plane.journal).toEqual(['apply worker-1']);
    await saved();
    expect(acks).toEqual([{ storeId: 'store-1', revision: 10, refused: '', held: false }]);
  });

  it('drops a peer without waiting for the disk, and says that it has when a restart will not bring it back', async () => {
    follower.opened(engineAt('192.0.2.1'), (ack) => acks.push(ack));
    follower.replaced(snapshot([sent(1), sent(2)]));
    await saved();
    const cache = join(stateDir, 'network.json');
    await rm(cache);
    await mkdir(join(cache, 'in-the-way'), { recursive: true });
    follower.changed(without(2));
    await settled();
    expect(plane.journal.at(-1)).toBe('apply worker-1');
    await saved();
    const refused = expect.stringContaining('network.json') as string;
    expect(acks.at(-1)).toEqual({ storeId: 'store-1', revision: 10, refused, held: false });
    expect(follower.view.unsaved?.message).toEqual(refused);
    keeper.looks.next();
    await saved();
    expect(acks.at(-1)).toMatchObject({ revision: 10 });
    await rm(cache, { recursive: true });
    keeper.looks.next();
    await saved();
    expect(acks.at(-1)).toEqual({ storeId: 'store-1', revision: 11, refused: '', held: false });
    expect(follower.view.unsaved).toBeUndefined();
  });

  it('acknowledges what is saved with what the engine said of its next key, when that came meanwhile', async () => {
    const engine = engineAt('192.0.2.1');
    follower.opened(engine, (ack) => acks.push(ack));
    follower.replaced(snapshot([sent(1), sent(2)]));
    await saved();
    follower.changed(without(2));
    await follower.engineWillBe(engine.engineKey, generateKey().publicKey);
    await saved();
    expect(acks.at(-1)).toMatchObject({ revision: 11 });
  });

  it('builds no peer from its cache that it has heard is removed', async () => {
    follower.opened(engineAt('192.0.2.1'), (ack) => acks.push(ack));
    follower.replaced(snapshot([sent(1), sent(2)]));
    await settled();
    follower.changed(without(2));
    await saved();
    plane.journal.length = 0;
    await another().onModuleInit();
    await settled();
    expect(plane.journal).toEqual(['apply worker-1']);
  });

  it('builds none either that was removed while it holds the network of another store', async () => {
    const engine = engineAt('192.0.2.1');
    follower.opened(engine, (ack) => acks.push(ack));
    follower.replaced(snapshot([sent(1), sent(2)]));
    await saved();
    follower.closed();
    follower.opened(engine, (ack) => acks.push(ack));
    follower.replaced(snapshot([sent(3)], { storeId: 'store-2' }));
    follower.changed(without(2));
    await saved();
    plane.journal.length = 0;
    await another().onModuleInit();
    await settled();
    expect(plane.journal).toEqual(['apply worker-1']);
  });

  it('builds none that would swallow the way to the engine itself', async () => {
    follower.opened(engineAt('10.201.9.9'), (ack) => acks.push(ack));
    follower.replaced(snapshot([sent(1)]));
    await settled();
    expect(plane.journal).toEqual([]);
    expect(acks.at(-1)?.refused).toContain('covers 10.201.9.9/32');
  });

  it.each(['written', 'removed'] as const)(
    'tries again when its last network could not be %s: it holds who was revoked meanwhile',
    async (what) => {
      const cache = join(stateDir, 'network.json');
      await mkdir(join(cache, 'in-the-way'), { recursive: true });
      follower.opened(engineAt('192.0.2.1'), (ack) => acks.push(ack));
      follower.replaced(snapshot([sent(1)]));
      if (what === 'removed') await follower.revoked();
      await follower.onApplicationShutdown();
      await rm(cache, { recursive: true });
      if (what === 'removed') await writeFile(cache, '');
      keeper.looks.next();
      await follower.onApplicationShutdown();
      expect(await readdir(stateDir)).toEqual(what === 'written' ? ['network.json'] : []);
    },
  );

  describe('of an engine that has renewed its key', () => {
    const [before, after] = [engineAt('192.0.2.1'), engineAt('192.0.2.1')];
    const lost = snapshot([sent(2)], { storeId: 'store-2' });

    async function restarted(): Promise<NetworkFollower> {
      await follower.onApplicationShutdown();
      const next = another();
      await next.onModuleInit();
      return next;
    }

    beforeEach(async () => {
      follower.opened(before, (ack) => acks.push(ack));
      follower.replaced(snapshot([sent(1)]));
      await settled();
      await follower.engineWillBe(before.engineKey, after.engineKey);
    });

    it.each([
      ['the old key', before],
      ['the new key', after],
    ])('judges by the last network under %s, also after a restart', async (_, engine) => {
      const next = await restarted();
      next.opened(engine, (ack) => acks.push(ack));
      next.replaced(lost);
      expect(next.view).toMatchObject({ held: true });
    });

    it('goes on with it under the new key', async () => {
      follower.closed();
      follower.opened(after, (ack) => acks.push(ack));
      follower.replaced(snapshot([sent(1), sent(2)], { revision: 11 }));
      await settled();
      expect(follower.view).toMatchObject({ held: false, refused: '' });
      expect(plane.journal.at(-1)).toBe('apply worker-1 worker-2');
    });

    it('judges by it under the next but one, with nothing changed in between', async () => {
      follower.closed();
      follower.opened(after, (ack) => acks.push(ack));
      follower.replaced(snapshot([sent(1)]));
      const third = engineAt('192.0.2.1');
      await follower.engineWillBe(after.engineKey, third.engineKey);
      follower.replaced(lost);
      expect(follower.view).toMatchObject({ held: true });
      follower.closed();
      follower.opened(third, (ack) => acks.push(ack));
      follower.replaced(lost);
      expect(follower.view).toMatchObject({ held: true });
    });

    it('has no measure for one that is another engine', async () => {
      follower.closed();
      follower.opened(engineAt('192.0.2.1'), (ack) => acks.push(ack));
      follower.replaced(lost);
      await settled();
      expect(follower.view).toMatchObject({ held: false });
      expect(plane.journal.at(-1)).toBe('apply worker-2');
    });
  });

  it('forgets the network of an engine that does not admit it any more', async () => {
    follower.opened(engineAt('192.0.2.1'), (ack) => acks.push(ack));
    follower.replaced(snapshot([sent(1)]));
    follower.closed();
    await follower.revoked();
    await settled();
    expect(plane.journal).toEqual(['apply worker-1', 'down']);
    expect(follower.view.applied).toBeUndefined();
    expect(await readdir(stateDir)).toEqual([]);
  });
});
