import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Metadata } from '@grpc/grpc-js';
import { callUnary } from '#channel';
import { EtcdServer } from '../store/etcd-server.js';
import { CALL_MS, runningEngine } from './running-engine.js';

describe('an etcd that was put back to an earlier snapshot', () => {
  let etcd: EtcdServer;
  let stateDir: string;
  beforeAll(async () => {
    stateDir = await mkdtemp(join(tmpdir(), 'banyan-older-'));
    etcd = await EtcdServer.start();
  });
  afterAll(async () => {
    await etcd?.destroy();
    await rm(stateDir, { recursive: true, force: true });
  });

  /** One start and stop of the engine. @returns what the network was published under. */
  const published = async (): Promise<{ storeId: string; revision: number }> => {
    const engine = await runningEngine('local', {
      storeBackend: 'etcd',
      storeAddresses: [etcd.address],
      stateDir,
    });
    try {
      const { storeId, revision } = await callUnary(
        engine.admin,
        'engineStatus',
        {},
        new Metadata(),
        CALL_MS,
      );
      return { storeId, revision };
    } finally {
      await engine.stop();
    }
  };

  it('is another store for agents, so that they keep what it would take from them', async () => {
    const first = await published();
    const snapshot = join(stateDir, 'snapshot');
    await etcd.etcdctl('snapshot', 'save', snapshot);
    const last = await published();
    expect(last.storeId).toBe(first.storeId);

    await etcd.stop();
    await etcd.goBackTo(snapshot);
    await etcd.start();
    const back = await published();
    expect(back.storeId).not.toBe(last.storeId);
    expect(back.revision).toBeGreaterThan(last.revision);
    expect((await published()).storeId).toBe(back.storeId);
  });
});
