import { generateKey } from '#crypto/generate';
import type { Host } from '../lab/index.js';
import { agentIs, CONFIG, GRPC_PORT, PrivateNetwork } from './private-network.js';

const SPARE = '/var/lib/banyan/agent/agent-next-key.json';

/** What a rotation leaves whose answer never came: two keys, and only the engine knows which is in force. */
describe('an agent with two keys, whose engine admits the one it does not believe in force', () => {
  const spare = generateKey();
  let network: PrivateNetwork;
  let worker: Host;

  beforeAll(async () => {
    network = await PrivateNetwork.create('spare-key');
    await network.startEngine();
    worker = await network.host('agent', 'worker-1');
    await worker.output(['mkdir', '-p', '-m', '700', '/var/lib/banyan/agent']);
    await worker.writeFile(SPARE, JSON.stringify({ private_key: spare.reveal(), in_force: false }));
    await worker.output(['chmod', '600', SPARE]);
    await network.addClient('worker-1', spare.publicKey.text, '--replace');
  });
  afterAll(() => network?.destroy());

  it('finds that out by the tunnel alone, which is silent to the other key', async () => {
    await network.engine.output(['nft', 'add', 'table', 'inet', 'wall']);
    await network.engine.output(
      `nft add chain inet wall in { type filter hook input priority -200 ; }`.split(' '),
    );
    await network.engine.output(
      `nft add rule inet wall in ip saddr ${worker.address} tcp dport ${GRPC_PORT} drop`.split(' '),
    );
    worker.spawn(['banyan-agent', 'start']);
    await agentIs(worker, { state: 'connected', channel: 'tunnel', public_key: spare.publicKey.text });
    expect(await worker.output(['cat', CONFIG])).toContain(spare.publicKey.text);
  });
});
