import { ENGINE_TUNNEL_ADDRESS } from '#crypto';
import { until, type Account, type Host } from '../lab/index.js';
import { connect, reach, talk } from './tcp.js';
import { GRPC, OTHER, TwoEnds } from './two-ends.js';

const FORGED = '10.200.9.9';

describe('the control tunnel keeps others out', () => {
  let ends: TwoEnds;
  let nobody: Account;
  let stranger: Host;

  beforeAll(async () => {
    ends = await TwoEnds.create('isolation');
    nobody = await ends.workerHost.asUser(65_534);
    stranger = await ends.lab.host('stranger');
    await ends.bothUp();
  });
  afterAll(() => ends?.destroy());

  it('carries the calls of the component, which come from its own address', async () => {
    expect(await reach(ends.workerHost, ENGINE_TUNNEL_ADDRESS, GRPC)).toBe(ends.workerAddress);
  });

  it('is not for another user of the same host', async () => {
    expect(await connect(nobody, ENGINE_TUNNEL_ADDRESS, GRPC)).toBe('timeout');
    expect(await connect(nobody, ENGINE_TUNNEL_ADDRESS, GRPC, ends.workerAddress)).toBe('timeout');
  });

  it('was open to that user while somebody had flushed the rules, and is not once a pass is done', async () => {
    await ends.workerHost.output(['nft', 'flush', 'ruleset']);
    expect(await reach(nobody, ENGINE_TUNNEL_ADDRESS, GRPC)).toBe(ends.workerAddress);
    expect(await ends.worker.reconcile()).toMatchObject({ up: true, guarded: true });
    expect(await connect(nobody, ENGINE_TUNNEL_ADDRESS, GRPC)).toBe('timeout');
    expect(ends.said.worker.lines.at(-1)).toContain('had been changed and were put back');
  });

  it('is not for a container either, though its host masquerades it', async () => {
    const inside = ['ip', 'netns', 'exec', 'container'];
    for (const command of [
      ['ip', 'netns', 'add', 'container'],
      ['ip', 'link', 'add', 'port', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', 'container'],
      ['ip', 'address', 'add', '172.30.0.1/24', 'dev', 'port'],
      ['ip', 'link', 'set', 'port', 'up'],
      [...inside, 'ip', 'address', 'add', '172.30.0.2/24', 'dev', 'eth0'],
      [...inside, 'ip', 'link', 'set', 'eth0', 'up'],
      [...inside, 'ip', 'route', 'add', 'default', 'via', '172.30.0.1'],
      ['sysctl', '-qw', 'net.ipv4.ip_forward=1'],
      ['nft', 'add table ip lab; add chain ip lab out { type nat hook postrouting priority 100; }'],
      ['nft', 'add rule ip lab out ip saddr 172.30.0.0/24 masquerade'],
    ]) {
      await ends.workerHost.output(command);
    }
    const ping = (address: string) =>
      ends.workerHost.run([...inside, 'ping', '-c', '1', '-w', '30', address]);
    // The way out as such is there.
    expect((await ping(ends.engineHost.address)).exitCode).toBe(0);
    const dial = [
      ...inside,
      'timeout',
      '1',
      'bash',
      '-c',
      `exec 3<>/dev/tcp/${ENGINE_TUNNEL_ADDRESS}/${GRPC}`,
    ];
    expect((await ends.workerHost.run(dial)).exitCode).not.toBe(0);
    await ends.workerHost.output(['nft', 'delete', 'table', 'inet', 'banyan_control_agent']);
    await until(async () => (await ends.workerHost.run(dial)).exitCode === 0, {
      what: 'a container gets in without the rules',
    });
    await ends.worker.reconcile();
  });

  it('reaches one port of the engine and no other', async () => {
    expect(await connect(ends.workerHost, ENGINE_TUNNEL_ADDRESS, OTHER)).toBe('timeout');
    await ends.engineHost.output(['nft', 'flush', 'ruleset']);
    expect(await reach(ends.workerHost, ENGINE_TUNNEL_ADDRESS, OTHER)).toBe(ends.workerAddress);
    expect(await ends.engine.reconcile()).toMatchObject({ up: true, guarded: true });
    expect(await connect(ends.workerHost, ENGINE_TUNNEL_ADDRESS, OTHER)).toBe('timeout');
  });

  it('reaches nothing of a client, even where the engine has no rules', async () => {
    expect(await connect(ends.engineHost, ends.workerAddress, OTHER)).toBe('timeout');
    await ends.engineHost.output(['nft', 'flush', 'ruleset']);
    expect(await connect(ends.engineHost, ends.workerAddress, OTHER)).toBe('timeout');
    await ends.workerHost.output(['nft', 'flush', 'ruleset']);
    expect(await reach(ends.engineHost, ends.workerAddress, OTHER)).toBe(ENGINE_TUNNEL_ADDRESS);
    await Promise.all([ends.engine.reconcile(), ends.worker.reconcile()]);
  });

  it('lets connections end in good order, though the kernel sends the last packets itself', async () => {
    const talker = await talk(ends.workerHost, ENGINE_TUNNEL_ADDRESS, GRPC);
    await talker.stop();
    await until(async () => {
      const open = await ends.engineHost.output([
        'ss',
        '-Htan',
        'state',
        'connected',
        'sport',
        '=',
        `:${GRPC}`,
      ]);
      return open.trim() === '';
    });
  });

  describe('a neighbour on the network below', () => {
    beforeAll(async () => {
      await stranger.output(['ip', 'address', 'add', `${FORGED}/32`, 'dev', 'eth0']);
      await stranger.output(['ip', 'route', 'add', '10.200.0.1/32', 'via', ends.engineHost.address]);
      await ends.engineHost.output(['nft', '-f', '-'], {
        input: `table ip lab {
          counter forged { }
          chain input { type filter hook input priority 0; iifname eth0 ip saddr ${FORGED} counter name forged; }
        }`,
      });
    });

    /** Packets with a forged source that reached the engine's sockets. */
    const forged = async () => {
      const text = await ends.engineHost.output(['nft', 'list', 'counter', 'ip', 'lab', 'forged']);
      return Number(/packets ([0-9]+)/.exec(text)?.[1]);
    };

    it('does not reach the tunnel address, nor anything from an address of the tunnel', async () => {
      expect(await connect(stranger, ENGINE_TUNNEL_ADDRESS, GRPC, stranger.address)).toBe('timeout');
      expect(await connect(stranger, ends.engineHost.address, GRPC, FORGED)).toBe('timeout');
      expect(await forged()).toBe(0);
    });

    it('would without the rules', async () => {
      await ends.engineHost.output(['nft', 'delete', 'table', 'inet', 'banyan_control_engine']);
      expect(await reach(stranger, ENGINE_TUNNEL_ADDRESS, GRPC, stranger.address)).toBe(stranger.address);
      await connect(stranger, ends.engineHost.address, GRPC, FORGED);
      expect(await forged()).toBeGreaterThan(0);
      await ends.engine.reconcile();
    });
  });
});
