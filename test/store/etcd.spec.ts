import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { openStore } from '../../apps/engine/src/store/open.js';
import type { Store } from '../../apps/engine/src/store/store.js';
import { until } from '../lab/index.js';
import { itIsAStore } from './conformance.js';
import { EtcdServer } from './etcd-server.js';
import { recordingLog } from './log.js';

const put = (key: string, value: string) => ({ kind: 'put', key, value }) as const;

describe('the store in etcd', () => {
  let etcd: EtcdServer;
  const log = recordingLog();
  const open = (address = etcd.address) =>
    openStore({ backend: 'etcd', addresses: [address], access: {}, stateDir: '/nowhere' }, log);

  beforeAll(async () => {
    etcd = await EtcdServer.start();
  });
  afterAll(() => etcd?.destroy());

  itIsAStore({ open });

  describe('in trouble', () => {
    let store: Store;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(async () => {
      await store.close();
      etcd.resume();
    });

    /** Puts until the watcher of `key` has been told of one. */
    const watched = async (key: string) => {
      let told = false;
      const watch = store.watch(key, () => {
        void store.get(key).then(
          (entry) => (told ||= entry !== undefined),
          () => undefined,
        );
      });
      try {
        await store.transact([], [put(key, '1')]);
        await until(() => told, { what: `the watcher of ${key} is told` });
      } finally {
        watch.close();
      }
    };

    it('keeps to its own keys', async () => {
      await etcd.administer(async (client) => {
        for (const key of ['/banyan/v1', '/banyan/v10', '/banyan/v2/a', '/other'])
          await client.put(key).value('not ours');
        await store.transact([], [put('mine', '1')]);
        expect((await store.list('')).filter(({ value }) => value === 'not ours')).toEqual([]);
        expect(await client.get('/banyan/v1/mine').string()).toBe('1');
      });
    });

    it('says unavailable while etcd is away, and heals by itself', async () => {
      await store.transact([], [put('before', '1')]);
      await etcd.kill();
      await expect(store.get('before')).rejects.toMatchObject({
        kind: 'unavailable',
        message: expect.stringContaining(etcd.address) as string,
      });
      await expect(store.transact([], [])).rejects.toMatchObject({ kind: 'unavailable' });
      await etcd.start();
      const entry = await until(() => store.get('before'), { what: 'etcd is used again' });
      expect(entry.value).toBe('1');
      expect(await store.transact([{ key: 'before', revision: entry.revision }], [put('before', '2')])).toBe(
        true,
      );
    });

    it('tells watchers of what changed while the watch was broken, by another engine', async () => {
      let seen: string | undefined;
      let calls = 0;
      const watch = store.watch('gap/', () => {
        calls += 1;
        void store.get('gap/a').then(
          (entry) => (seen = entry?.value),
          () => undefined,
        );
      });
      await store.transact([], [put('gap/a', '1')]);
      await until(() => seen === '1', { what: 'the first change is seen' });
      const before = calls;
      await etcd.kill();
      await etcd.start();
      await etcd.administer(async (client) => {
        await client.put('/banyan/v1/gap/a').value('2');
      });
      await until(() => seen === '2', { what: 'the change made in the gap is seen' });
      expect(calls).toBeGreaterThan(before);
      watch.close();
    });

    it('watches on after the history was compacted away, also across a restart', async () => {
      await watched('compaction/a');
      await etcd.administer(async (client) => {
        const { header } = await client.put('/banyan/v1/compaction/b').value('1');
        await client.kv.compact({ revision: header.revision, physical: true });
      });
      await watched('compaction/c');
      await etcd.stop();
      await etcd.start();
      await etcd.administer(async (client) => {
        const { header } = await client.put('/banyan/v1/compaction/d').value('1');
        await client.kv.compact({ revision: header.revision, physical: true });
      });
      await until(() => store.get('compaction/d'));
      await watched('compaction/e');
    });

    it('never hangs on an etcd that has frozen, and goes on when it moves again', async () => {
      await store.transact([], [put('frozen', '1')]);
      await etcd.freeze();
      await Promise.all([
        expect(store.get('frozen')).rejects.toMatchObject({ kind: 'unavailable' }),
        expect(store.transact([], [put('frozen', '2')])).rejects.toMatchObject({ kind: 'unavailable' }),
      ]);
      etcd.resume();
      await until(() => store.get('frozen'), { what: 'etcd is used again' });
    });

    it('closes at once while etcd is away', async () => {
      await etcd.kill();
      try {
        await store.close();
        await expect(store.get('a')).rejects.toMatchObject({ kind: 'unavailable' });
      } finally {
        await etcd.start();
      }
    });
  });

  describe('at start', () => {
    const isRefused = async (address: string) => {
      await expect(open(address).then((store) => store.close())).rejects.toMatchObject({
        kind: 'unavailable',
        message: expect.stringContaining(address) as string,
        remedy: expect.stringContaining('store_address') as string,
      });
    };

    it('names the address and the setting when nothing listens there', async () => {
      const none = await EtcdServer.prepare();
      await isRefused(none.address);
      await none.destroy();
    });

    it('names them when etcd is there but frozen', async () => {
      await etcd.freeze();
      try {
        await isRefused(etcd.address);
      } finally {
        etcd.resume();
      }
    });

    it.each<[string, (socket: Socket) => void]>([
      ['says nothing', () => undefined],
      ['is no etcd', (socket) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ])('names them when what listens there %s', async (_, greet) => {
      const sockets = new Set<Socket>();
      const server = createServer((socket) => {
        sockets.add(socket);
        socket.on('error', () => undefined);
        greet(socket);
      }).listen(0, '127.0.0.1');
      await once(server, 'listening');
      try {
        await isRefused(`http://127.0.0.1:${(server.address() as { port: number }).port}`);
      } finally {
        server.close();
        for (const socket of sockets) socket.destroy();
      }
    });

    it('names them when the host name does not exist', async () => {
      await isRefused('http://etcd.invalid:2379');
    });
  });
});
