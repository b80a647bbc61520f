import { untilHolds, type Host, type Process } from '../lab/index.js';
import { agentIs, operatorGoes, operatorStatus, PrivateNetwork } from './private-network.js';

describe('several roles', () => {
  let network: PrivateNetwork;
  let shared: Host;
  let agent: Process;

  beforeAll(async () => {
    network = await PrivateNetwork.create('several-roles');
    const { engine } = network;
    await network.join('agent', engine, { name: 'agent-1' });
    await network.join('cli', engine, { name: 'cli-1', engineHost: '127.0.0.1' });
    await network.startEngine();
    shared = await network.host('agent', 'shared', { name: 'agent-2' });
    await network.join('cli', shared, { name: 'cli-2' });
    await network.startAgent(engine);
    agent = await network.startAgent(shared);
  });
  afterAll(() => network?.destroy());

  it("beside the engine call it by loopback, also by the host's own address, and leave wg-control to it", async () => {
    await agentIs(network.engine, { state: 'connected', channel: 'loopback' });
    expect(await operatorStatus(network.engine)).toMatchObject({ channel: 'loopback', identity: 'cli-1' });
    expect(await network.engine.output(['wg', 'show', 'wg-control', 'public-key'])).toBe(
      `${network.engineKey}\n`,
    );
  });

  it('on another host share its one wg-control: who has it goes by tunnel, the other directly', async () => {
    await agentIs(shared, { state: 'connected', channel: 'tunnel' });
    expect(await operatorStatus(shared)).toMatchObject({
      channel: 'direct',
      identity: 'cli-2',
      tunnel: {
        detail: expect.stringContaining('owned by another role on this host: banyan-agent') as string,
      },
    });
    const both = { 'agent-1': 'online', 'agent-2': 'online' };
    await untilHolds(async () => expect(await network.agents(shared)).toEqual(both), {
      what: 'the engine has both agents online',
    });
  });

  it('pass the tunnel on when the one that has it takes it down', async () => {
    await agent.stop();
    await shared.output(['banyan-agent', 'down']);
    expect(await operatorGoes(shared, 'tunnel')).toMatchObject({ identity: 'cli-2' });
    agent = await network.startAgent(shared);
    await agentIs(shared, { state: 'connected', name: 'agent-2', channel: 'direct' });
  });
});
