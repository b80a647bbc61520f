import { ping } from '../dataplane/worker.js';
import { until, type Host } from '../lab/index.js';
import { addServer, listedAgents, type Server } from './mesh-network.js';
import { agentIs, operatorGoes, PrivateNetwork } from './private-network.js';

/** Between the servers there is IPv6 only; what is inside the tunnels is IPv4 as ever. */
describe('servers that reach each other by IPv6', () => {
  let network: PrivateNetwork;
  let one: Server;
  let two: Server;
  let laptop: Host;

  beforeAll(async () => {
    network = await PrivateNetwork.create('ipv6', 6);
    await network.startEngine();
    one = await addServer(network, 'worker-1');
    two = await addServer(network, 'worker-2');
    laptop = await network.host('cli', 'laptop', { engineHost: 'engine' });
  });
  afterAll(() => network?.destroy());

  it('call through the tunnel, whether the engine is named by address or by name', async () => {
    for (const { host } of [one, two]) await agentIs(host, { state: 'connected', channel: 'tunnel' });
    expect(await operatorGoes(laptop, 'tunnel')).toMatchObject({ identity: 'laptop' });
  });

  it('are where they were seen, and their containers talk', async () => {
    expect(await listedAgents(laptop)).toMatchObject([
      { name: 'worker-1', endpoint: `[${one.host.address}]:51820` },
      { name: 'worker-2', endpoint: `[${two.host.address}]:51820` },
    ]);
    for (const [from, to] of [[one, two] as const, [two, one] as const])
      await until(() => ping(from.container.inside, to.container.address), { what: 'containers talk' });
  });

  it('call directly while UDP is lost', async () => {
    await laptop.blockUdp();
    expect(await operatorGoes(laptop, 'direct')).toMatchObject({ identity: 'laptop' });
    await laptop.unblockUdp();
    await operatorGoes(laptop, 'tunnel');
  });

  it('are found sound by every doctor', async () => {
    for (const [host, program] of [
      [one.host, 'banyan-agent'],
      [network.engine, 'banyan-engine'],
      [laptop, 'banyan-cli'],
    ] as const)
      expect(await host.output([program, 'doctor'])).not.toMatch(/fail/i);
  });
});
