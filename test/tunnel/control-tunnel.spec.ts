import { ENGINE_TUNNEL_ADDRESS, PrivateKey, tunnelAddress } from '#crypto';
import { ClientTunnel, EngineTunnel } from '#tunnel';
import { Lab, type Account, type Host } from '../lab/index.js';
import { connect, listen } from './tcp.js';
import { Notes, tunnelHostOn } from './tunnel-on.js';

const GRPC = 50_051;
const OTHER = 50_052;
const PORT = 51_821;
const keys = { engine: PrivateKey.generate(), worker: PrivateKey.generate(), cli: PrivateKey.generate() };
const workerAddress = tunnelAddress(keys.worker.publicKey);

describe('the control tunnel', () => {
  let lab: Lab;
  let engineHost: Host;
  let workerHost: Host;
  let nobody: Account;
  let engine: EngineTunnel;
  let worker: ClientTunnel;
  const said = { engine: new Notes(), worker: new Notes() };

  beforeAll(async () => {
    lab = await Lab.create('tunnel');
    engineHost = await lab.host('engine');
    workerHost = await lab.host('worker');
    nobody = await workerHost.asUser(65_534);
    engine = new EngineTunnel({
      host: tunnelHostOn(engineHost),
      log: said.engine,
      privateKey: keys.engine,
      grpcPort: GRPC,
    });
    worker = new ClientTunnel({
      host: tunnelHostOn(workerHost),
      log: said.worker,
      role: 'agent',
      privateKey: keys.worker,
    });
    await listen(engineHost, GRPC);
    await listen(engineHost, OTHER);
    await listen(workerHost, OTHER);
  });
  afterAll(async () => {
    await Promise.all([engine?.close(), worker?.close()]);
    await lab?.destroy();
  });

  const up = () =>
    worker.up({ engineKey: keys.engine.publicKey, engineEndpoint: `${engineHost.address}:${PORT}` });

  it('comes up on both ends, guarded, and carries the calls of the component', async () => {
    expect(await engine.open()).toEqual({ up: true, detail: 'listening on UDP port 51821', guarded: true });
    await engine.admit([keys.worker.publicKey, keys.cli.publicKey]);
    expect(await up()).toMatchObject({ up: true, guarded: true });
    expect(await connect(workerHost, ENGINE_TUNNEL_ADDRESS, GRPC)).toBe(workerAddress);
    expect(await worker.handshakeAge()).toBeLessThan(30_000);
    expect(await engine.endpointOf(keys.worker.publicKey)).toMatch(`${workerHost.address}:`);
    expect(said.engine.lines).toEqual(['info wg-control is up: listening on UDP port 51821']);
  });

  it('is not for another user of the same host', async () => {
    expect(await connect(nobody, ENGINE_TUNNEL_ADDRESS, GRPC)).toBe('timeout');
    expect(await connect(nobody, ENGINE_TUNNEL_ADDRESS, GRPC, workerAddress)).toBe('timeout');
  });

  it('reaches one port of the engine and no other, and nothing of a client', async () => {
    expect(await connect(workerHost, ENGINE_TUNNEL_ADDRESS, OTHER)).toBe('timeout');
    expect((await workerHost.run(['ping', '-c', '1', '-W', '1', ENGINE_TUNNEL_ADDRESS])).exitCode).toBe(1);
    expect(await connect(engineHost, workerAddress, OTHER)).toBe('timeout');
  });
});
