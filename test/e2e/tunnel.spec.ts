import { untilHolds, type Host, type Process } from '../lab/index.js';
import { agentIs, json, operatorGoes, operatorStatus, PrivateNetwork } from './private-network.js';
import { toolbox } from './toolbox.js';

describe('the path of a call', () => {
  let network: PrivateNetwork;
  let worker: Host;
  let bare: Host;
  let laptop: Host;
  let agent: Process;
  let bareAgent: Process;

  beforeAll(async () => {
    network = await PrivateNetwork.create('path');
    await network.startEngine();
    worker = await network.host('agent', 'worker-1');
    bare = await network.host('agent', 'worker-2');
    laptop = await network.host('cli', 'laptop', { name: 'cli-1' });
    agent = await network.startAgent(worker);
    bareAgent = await network.startAgent(
      bare,
      await toolbox(bare, 'no-wireguard', { 'wireguard-go': undefined }),
    );
  });
  afterAll(() => network?.destroy());

  /** An agent that has just taken another path knows that before the engine has it online there. */
  const listed = (agents: readonly object[]) =>
    untilHolds(async () => expect(await json(laptop, ['banyan-cli', 'agents'])).toMatchObject(agents), {
      what: 'the engine lists its agents so',
    });

  it('is the tunnel, for agent and operator', async () => {
    await agentIs(worker, { state: 'connected', name: 'worker-1', channel: 'tunnel' });
    expect(await operatorGoes(laptop, 'tunnel')).toMatchObject({ identity: 'cli-1' });
    await listed([
      { name: 'worker-1', state: 'online', channel: 'tunnel' },
      { name: 'worker-2', state: 'online', channel: 'direct' },
    ]);
  });

  it('is the tunnel that an operator’s last command left up', async () => {
    const daemon = () => laptop.output(['pgrep', 'wireguard-go']);
    const before = await daemon();
    await operatorGoes(laptop, 'tunnel');
    expect(await daemon()).toBe(before);
  });

  it('is direct TCP while UDP is blocked, and the tunnel again after, without a restart', async () => {
    await Promise.all([worker.blockUdp(), laptop.blockUdp()]);
    // The guard admits nobody on direct TCP who has not proven a key.
    expect(await operatorStatus(laptop)).toMatchObject({ channel: 'direct', identity: 'cli-1' });
    await agentIs(worker, { state: 'connected', channel: 'direct' });
    await listed([
      { name: 'worker-1', state: 'online', channel: 'direct' },
      { name: 'worker-2', state: 'online', channel: 'direct' },
    ]);

    await Promise.all([worker.unblockUdp(), laptop.unblockUdp()]);
    await agentIs(worker, { state: 'connected', channel: 'tunnel' });
    await operatorGoes(laptop, 'tunnel');
    expect(agent.result).toBeUndefined();
  });

  it('is direct TCP on a host without WireGuard, which warns of it once', async () => {
    const status = await agentIs(bare, { state: 'connected', channel: 'direct' });
    expect(status.tunnel.detail).toContain('there is no WireGuard for wg-control');
    // It has looked again several times since: every ten seconds.
    expect(bareAgent.stderr.match(/^.* WARN +tunnel\.down: .*$/gm)).toEqual([
      expect.stringMatching(/no WireGuard for wg-control.*Try: apt-get install wireguard-go/),
    ]);
  });
});
