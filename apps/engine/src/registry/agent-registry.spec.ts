import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { generateKey } from '#crypto/generate';
import { BanyanError } from '#errors';
import { SILENT } from '#log';
import { EmbeddedStore } from '../store/embedded/embedded-store.js';
import type { Store } from '../store/store.js';
import { AgentRegistry } from './agent-registry.js';
import type { Client } from './roster.js';

const client = (name: string): Client => ({ name, publicKey: generateKey().publicKey });
const report = (changes = {}) => ({
  agentName: '',
  version: '1',
  tags: [],
  protocolVersion: 1,
  hostIp: '',
  wgPort: 0,
  ...changes,
});

describe('the registry of agents', () => {
  let directory: string;
  let store: Store;
  let away: boolean;
  let answersLost: boolean;
  let registry: AgentRegistry;

  const start = async () => {
    registry = new AgentRegistry(store);
    await registry.onModuleInit();
  };
  const restart = async () => {
    await registry.onModuleDestroy();
    await start();
  };
  const states = () => Object.fromEntries(registry.list().map(({ name, state }) => [name, state]));
  const named = (name: string) => registry.list().find((agent) => agent.name === name);

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'banyan-registry-'));
    const real = await EmbeddedStore.open(directory, SILENT);
    away = false;
    answersLost = false;
    store = {
      get: (key) => real.get(key),
      list: (prefix) => real.list(prefix),
      transact: async (compares, operations) => {
        if (away) throw new BanyanError('unavailable', 'away');
        const held = await real.transact(compares, operations);
        if (answersLost) throw new BanyanError('unavailable', 'the answer was lost');
        return held;
      },
      watch: () => {
        throw new Error('the registry watches nothing');
      },
      close: () => real.close(),
    };
    await start();
  });
  afterEach(async () => {
    jest.useRealTimers();
    away = false;
    answersLost = false;
    await registry.onModuleDestroy();
    await store.close();
    await rm(directory, { recursive: true, force: true });
  });

  it('lists an agent that registered as offline until it is heard of', async () => {
    const a = client('a');
    await registry.register(a, report({ version: '1.2', tags: ['gpu'] }));
    expect(registry.list()).toMatchObject([
      {
        name: 'a',
        publicKey: a.publicKey,
        state: 'offline',
        channel: undefined,
        version: '1.2',
        tags: ['gpu'],
      },
    ]);
  });

  it('has it online while one of its streams is open, by the path of the newest', async () => {
    await registry.register(client('a'), report());
    const first = registry.opened('a', 'direct');
    const second = registry.opened('a', 'tunnel');
    expect(named('a')).toMatchObject({ state: 'online', channel: 'tunnel' });
    first.close();
    first.close();
    expect(named('a')).toMatchObject({ state: 'online', channel: 'tunnel' });
    second.close();
    expect(named('a')).toMatchObject({ state: 'offline', channel: undefined });
  });

  it('has it online for 30 s after a heartbeat, whatever the wall clock does', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
    await registry.register(client('a'), report());
    registry.heartbeat('a');
    jest.setSystemTime(Date.now() + 3_600_000);
    expect(states()).toEqual({ a: 'online' });
    jest.advanceTimersByTime(29_999);
    expect(states()).toEqual({ a: 'online' });
    jest.advanceTimersByTime(1);
    expect(states()).toEqual({ a: 'offline' });
  });

  it('refuses presence of a client that never registered, as a command line is', () => {
    expect(() => registry.heartbeat('cli-1')).toThrow(/has not registered/);
    expect(() => registry.opened('cli-1', 'direct')).toThrow(/has not registered/);
    expect(registry.list()).toEqual([]);
  });

  it('goes by the name that was proved, not by the one reported', async () => {
    await registry.register(client('b'), report());
    await registry.register(client('a'), report({ agentName: 'b', version: '9' }));
    expect(named('b')!.version).toBe('1');
    expect(named('a')!.version).toBe('9');
  });

  it('ends presence at once when a key is revoked, and a stream that closes later changes nothing', async () => {
    await registry.register(client('a'), report());
    const stream = registry.opened('a', 'tunnel');
    registry.heartbeat('a');
    registry.revoked('a');
    expect(states()).toEqual({ a: 'offline' });
    const again = registry.opened('a', 'tunnel');
    stream.close();
    expect(states()).toEqual({ a: 'online' });
    again.close();
  });

  it('remembers agents over a restart, offline, with when they were last seen', async () => {
    await registry.register(client('a'), report({ tags: ['x'] }));
    registry.opened('a', 'tunnel');
    await new Promise((resolve) => setImmediate(resolve));
    const { lastSeenMs } = named('a')!;
    await restart();
    expect(registry.list()).toMatchObject([{ name: 'a', state: 'offline', tags: ['x'] }]);
    expect(named('a')!.lastSeenMs).toBeGreaterThanOrEqual(lastSeenMs);
  });

  it('keeps one record over renames, exchanges of names and rotations, also after a restart', async () => {
    const [a, b] = [client('a'), client('b')];
    await registry.register(a, report({ version: 'of-a' }));
    await registry.register(b, report({ version: 'of-b' }));
    const stream = registry.opened('a', 'tunnel');
    registry.renamed('a', 'b');
    registry.renamed('b', 'a');
    await Promise.resolve();
    expect(named('b')).toMatchObject({ version: 'of-a', publicKey: a.publicKey, state: 'online' });
    expect(named('a')).toMatchObject({ version: 'of-b', publicKey: b.publicKey, state: 'offline' });
    stream.close();
    const rotated = { name: 'a', publicKey: generateKey().publicKey };
    await registry.register(rotated, report({ version: 'of-b-rotated' }));
    await restart();
    expect(registry.list()).toMatchObject([
      { name: 'a', version: 'of-b-rotated' },
      { name: 'b', version: 'of-a' },
    ]);
    expect(named('a')!.publicKey.equals(rotated.publicKey)).toBe(true);
  });

  it('gives a name that was left while the engine was away to its new key with a record of its own', async () => {
    const a = client('a');
    await registry.register(a, report({ version: 'of-a' }));
    await registry.onModuleDestroy();
    registry = new AgentRegistry(store);
    // Before it has loaded: the whitelist may be ready first.
    const fresh = client('a');
    registry.settle([{ ...a, name: 'moved' }, fresh]);
    await registry.onModuleInit();
    await registry.register(fresh, report({ version: 'fresh' }));
    expect(named('moved')).toMatchObject({ version: 'of-a' });
    expect(named('a')).toMatchObject({ version: 'fresh' });
  });

  it('keeps one record when an agent registers for the first time on several connections at once', async () => {
    const a = client('a');
    await Promise.all([1, 2, 3].map(() => registry.register(a, report())));
    expect(registry.list()).toHaveLength(1);
    await restart();
    expect(registry.list()).toHaveLength(1);
  });

  describe('while the store is away', () => {
    it('does without it for agents it knows, and writes the change down when it is back', async () => {
      jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate', 'Date'] });
      const a = client('a');
      await registry.register(a, report({ version: 'old' }));
      away = true;
      await registry.register(a, report({ version: 'new' }));
      const stream = registry.opened('a', 'tunnel');
      expect(named('a')).toMatchObject({ version: 'new', state: 'online' });
      stream.close();
      await jest.advanceTimersByTimeAsync(5_000);
      away = false;
      await jest.advanceTimersByTimeAsync(30_000);
      await restart();
      expect(named('a')!.version).toBe('new');
    });

    it('refuses an agent that was never here, who may try again', async () => {
      const a = client('a');
      away = true;
      await expect(registry.register(a, report())).rejects.toMatchObject({ kind: 'unavailable' });
      expect(registry.list()).toEqual([]);
      away = false;
      await registry.register(a, report());
      expect(states()).toEqual({ a: 'offline' });
    });

    it('brings nobody back who is forgotten while a record that is not written yet fails to be', async () => {
      jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate', 'Date'] });
      const a = client('a');
      await registry.register(a, report());
      // So that nothing is left to be written.
      await registry.onModuleDestroy();
      const writing = Promise.withResolvers<boolean>();
      jest.spyOn(store, 'transact').mockReturnValueOnce(writing.promise);
      await registry.register(a, report({ version: 'new' }));
      const forgotten = registry.forget(registry.named('a')!);
      writing.reject(new BanyanError('unavailable', 'away'));
      await forgotten;
      await jest.advanceTimersByTimeAsync(30_000);
      await restart();
      expect(registry.list()).toEqual([]);
    });

    it('takes up the record of a first registration whose answer was lost', async () => {
      const a = client('a');
      answersLost = true;
      await expect(registry.register(a, report())).rejects.toMatchObject({ kind: 'unavailable' });
      answersLost = false;
      await registry.register(a, report());
      await restart();
      expect(registry.list()).toHaveLength(1);
    });
  });

  it('leaves alone and ignores what is no record', async () => {
    await store.transact([], [{ kind: 'put', key: 'agents/x', value: '{}' }]);
    await restart();
    expect(registry.list()).toEqual([]);
    expect((await store.get('agents/x'))?.value).toBe('{}');
  });

  it('lists all of 1,000 agents that register at once', async () => {
    const clients = Array.from({ length: 1_000 }, (_, index) => client(`worker-${index}`));
    await Promise.all(clients.map((one) => registry.register(one, report())));
    expect(registry.list()).toHaveLength(1_000);
  });
});
