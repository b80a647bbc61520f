import { Metadata } from '@grpc/grpc-js';
import { callUnary } from '#channel';
import { until } from '../lab/index.js';
import { EtcdServer } from '../store/etcd-server.js';
import { CALL_MS, runningEngine, type RunningEngine } from './running-engine.js';

describe('a second engine on one etcd', () => {
  let etcd: EtcdServer;
  const engines: RunningEngine[] = [];
  beforeAll(async () => {
    etcd = await EtcdServer.start();
  });
  afterAll(async () => {
    for (const engine of engines) await engine.stop();
    await etcd?.destroy();
  });

  const start = async (): Promise<RunningEngine> => {
    const engine = await runningEngine('local', { storeBackend: 'etcd', storeAddresses: [etcd.address] });
    engines.push(engine);
    return engine;
  };
  const warnings = async ({ admin }: RunningEngine): Promise<string[]> =>
    (await callUnary(admin, 'engineStatus', {}, new Metadata(), CALL_MS)).warnings;
  const warned = async (engine: RunningEngine): Promise<boolean> =>
    (await warnings(engine)).some((line) => line.startsWith('another engine uses the same store: process'));

  it('starts, and the status of both warns of it until one has stopped', async () => {
    const first = await start();
    expect(await warnings(first)).toEqual([]);
    const second = await start();
    await until(() => warned(first), { what: 'the first warns' });
    await until(() => warned(second), { what: 'the second warns' });

    await engines.pop()!.stop();
    await until(async () => !(await warned(first)), { what: 'the first is alone again' });
    await engines.pop()!.stop();
    expect(await etcd.etcdctl('get', '--prefix', '--keys-only', '/banyan/v1/engine/')).toBe('');
  });

  it('is not warned of after one was cut off, by what that left behind', async () => {
    await etcd.etcdctl('put', '/banyan/v1/engine/live/crashed', '{"host":"h","pid":1,"startedAtMs":1}');
    expect(await warnings(await start())).toEqual([]);
  });
});
