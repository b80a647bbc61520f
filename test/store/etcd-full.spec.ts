import { openStore } from '../../apps/engine/src/store/open.js';
import { EtcdServer } from './etcd-server.js';
import { recordingLog } from './log.js';

const QUOTA = 1024 * 1024;

describe('an etcd that is full', () => {
  let etcd: EtcdServer;
  beforeAll(async () => {
    etcd = await EtcdServer.start({ flags: { 'quota-backend-bytes': String(QUOTA) } });
  });
  afterAll(() => etcd?.destroy());

  it('is said to be so, is read all the same, and takes changes again after what the remedy says', async () => {
    const address = etcd.address;
    const options = { backend: 'etcd', addresses: [address], access: {}, stateDir: '/nowhere' } as const;
    const store = await openStore(options, recordingLog());
    const write = () => store.transact([], [{ kind: 'put', key: 'a', value: 'x'.repeat(QUOTA / 8) }]);
    const fill = async () => {
      for (let n = 0; n < 100; n++) await write();
    };
    try {
      await expect(fill()).rejects.toMatchObject({
        kind: 'exhausted',
        message: `etcd at ${address} is out of space`,
        remedy: expect.stringMatching(/etcdctl compact, .*etcdctl defrag.*etcdctl alarm disarm/) as string,
      });
      expect(await store.list('')).toHaveLength(1);

      const [status] = JSON.parse(await etcd.etcdctl('endpoint', 'status', '-w', 'json')) as [
        { Status: { header: { revision: number } } },
      ];
      await etcd.etcdctl('compact', String(status.Status.header.revision));
      await etcd.etcdctl('defrag');
      await etcd.etcdctl('alarm', 'disarm');
      expect(await write()).toBe(true);
    } finally {
      await store.close();
    }
  });
});
