import { until, untilHolds, type Host } from '../lab/index.js';
import { ping } from '../dataplane/worker.js';
import { printedCommand } from '../demo/printed-command.js';
import {
  addServer,
  everyoneIsBack,
  handshakes,
  listedAgents,
  SteadyPing,
  type Server,
} from './mesh-network.js';
import {
  agentIs,
  agentStatus,
  CONFIG,
  GRPC_PORT,
  json,
  KEYS_DIRECTORY,
  nextLine,
  operatorGoes,
  operatorStatus,
  PrivateNetwork,
} from './private-network.js';

const SPARE = '/var/lib/banyan/agent/agent-next-key.json';
const ROTATE = ['banyan-agent', 'rotate'];
/** WireGuard itself makes a session anew when it is that old, seconds (its paper, REKEY_AFTER_TIME). */
const SESSION_S = 120;

interface Rotated {
  readonly state: 'rotated' | 'denied';
  readonly name: string;
  readonly public_key: string;
  readonly moved: readonly string[];
  readonly offline: readonly string[];
  readonly next?: string;
}

describe('the rotation of a key', () => {
  let network: PrivateNetwork;
  let laptop: Host;
  let one: Server;
  let two: Server;
  let three: Server;

  beforeAll(async () => {
    network = await PrivateNetwork.create('rotation');
    await network.startEngine();
    laptop = await network.host('cli', 'laptop', { name: 'cli-1' });
    one = await addServer(network, 'worker-1');
    two = await addServer(network, 'worker-2');
    three = await addServer(network, 'worker-3');
    await talk(one, two);
    await talk(two, three);
  });
  afterAll(() => network?.destroy());
  beforeEach(async () => {
    await everyoneIsBack(laptop, [one, two, three]);
    for (const server of [one, two, three]) await settled(server);
  });

  const talk = (from: Server, to: Server) =>
    until(() => ping(from.container.inside, to.container.address), {
      what: `${from.host.name} reaches the container of ${to.host.name}`,
    });
  /** Waits until what the hosts say of one another, and the engine of them, is so; which may follow a command's answer. */
  const becomesTrue = (what: string, check: () => Promise<void>) => untilHolds(check, { what });
  const clientFile = (name: string) => network.engine.output(['cat', `${KEYS_DIRECTORY}/${name}.pub`]);
  const config = (host: Host, file = CONFIG) => host.output(['cat', file]);
  const networkKey = (host: Host) => host.output(['wg', 'show', 'banyan-wg', 'public-key']);
  const has = async (host: Host, path: string) => (await host.run(['test', '-e', path])).exitCode === 0;
  /** Waits until the agent is connected with the key that its file on the engine holds, and its config has that. */
  const settled = (server: Server) =>
    until(
      async () => {
        const key = (await clientFile(server.host.name)).trim();
        const { running, state, network: built, public_key: own } = await agentStatus(server.host);
        const saved = (await config(server.host)).includes(key);
        if (running && state === 'connected' && built?.state === 'ready' && own === key && saved) return true;
        throw new Error(`${state}, ${built?.state}, its own: ${own === key}, in its config: ${saved}`);
      },
      // The engine may have to put the old key back first.
      { timeout: 90_000, what: `${server.host.name} has settled for the key that is admitted` },
    );
  /** Ends the agent as a crash does, and starts another. */
  async function crash(server: Server): Promise<void> {
    await server.agent.signal('SIGKILL');
    await server.agent.ended;
    server.agent = server.host.spawn(['banyan-agent', 'start']);
  }

  it('goes on with the network up, and leaves subnet, comments and sessions of others alone', async () => {
    const file = (key: string) => `# role: agent\n\n"${key}"   \n# note: the first\n`;
    await network.engine.writeFile(`${KEYS_DIRECTORY}/worker-1.pub`, file(one.key));
    const between = (await handshakes(two.host))[three.key]!;
    const { network: before } = await agentStatus(one.host);
    const pings = await SteadyPing.start(one.container, two.container);
    const rotated = await json<Rotated>(one.host, ROTATE);
    expect(rotated).toMatchObject({
      state: 'rotated',
      name: 'worker-1',
      moved: ['worker-2', 'worker-3'],
      offline: [],
    });
    await talk(two, one);
    // How few are lost is for bench/rotation.ts: here the machine may be busy.
    const { sent, lost } = await pings.end();
    expect(lost).toBeLessThan(sent / 2);
    const { public_key: key } = rotated;
    expect(key).not.toBe(one.key);
    expect(await clientFile('worker-1')).toBe(file(key));
    expect(await config(one.host)).toContain(key);
    expect(await config(one.host, `${CONFIG}.previous`)).toContain(one.key);
    expect(await has(one.host, SPARE)).toBe(false);
    await becomesTrue('everybody has the new key and nobody the old one', async () => {
      for (const { host } of [two, three]) {
        const sessions = await handshakes(host);
        expect(Object.keys(sessions)).not.toContain(one.key);
        expect(sessions[key]).toBeGreaterThan(0);
      }
      expect(await network.engine.output(['wg', 'show', 'wg-control', 'peers'])).not.toContain(one.key);
      const listed = (await listedAgents(laptop)).find(({ name }) => name === 'worker-1');
      expect(listed).toMatchObject({ public_key: key, subnet: before?.subnet, state: 'online' });
    });
    expect(await agentIs(one.host, { state: 'connected' })).toMatchObject({
      network: { subnet: before?.subnet },
    });
    const since = (await handshakes(two.host))[three.key]! - between;
    expect(since === 0 || since >= SESSION_S).toBe(true);
    await network.daemon.says(/key\.rotated worker-1: rotated SHA256:\S+ → SHA256:\S+/);
    expect(network.daemon.stderr).not.toMatch(/client\.revoked worker-1/);
    await network.engine.writeFile(`${KEYS_DIRECTORY}/worker-1.pub`, `${key}\n`);
  });

  it('of an operator is there for the next command, by the tunnel', async () => {
    const { public_key: key } = await json<Rotated>(laptop, ['banyan-cli', 'rotate']);
    expect(await clientFile('cli-1')).toBe(`${key}\n`);
    expect(await operatorGoes(laptop, 'tunnel')).toMatchObject({ identity: 'cli-1' });
    expect(await config(laptop)).toContain(key);
  });

  it('is called off when somebody who is online cannot prepare, and says who and why', async () => {
    const before = await clientFile('worker-1');
    await three.host.output(['mount', '--bind', '/bin/false', '/usr/bin/mkfifo']);
    try {
      const { stderr } = await one.host.run(ROTATE);
      expect(stderr).toMatch(
        /worker-3 is not ready: `mkfifo .*` failed: exit code 1; nothing was changed\n.*stop the agent on worker-3/s,
      );
    } finally {
      await three.host.output(['umount', '/usr/bin/mkfifo']);
    }
    expect(await clientFile('worker-1')).toBe(before);
    await agentIs(one.host, { state: 'connected' });
    await talk(one, two);
  });

  describe('that is cut off', () => {
    it.each<[string, () => Promise<unknown>]>([
      [
        'with the agent, when it has asked and was not answered',
        async () => {
          await until(() => has(one.host, SPARE), { what: 'there is a spare key' });
          await crash(one);
          await network.daemon.signal('SIGCONT');
        },
      ],
      [
        'with the agent, when the engine has put the new key in force',
        async () => {
          await nextLine(network.daemon, /key\.rotated worker-1/);
          await crash(one);
        },
      ],
      [
        'with the agent, when the engine has seen the new key work',
        async () => {
          await nextLine(network.daemon, /key\.confirmed worker-1/);
          await crash(one);
        },
      ],
      [
        'with the engine, when that has put the new key in force',
        async () => {
          await nextLine(network.daemon, /key\.rotated worker-1/);
          await network.daemon.signal('SIGKILL');
          await network.daemon.ended;
          await network.startEngine();
        },
      ],
    ])('%s leaves an agent that connects, and a network that works', async (which, cutOff) => {
      const freezes = which.includes('was not answered');
      if (freezes) await network.daemon.signal('SIGSTOP');
      const rotation = one.host.spawn(ROTATE);
      await cutOff().catch((error: unknown) => {
        throw new Error(rotation.said(), { cause: error });
      });
      await rotation.ended;
      await settled(one);
      await talk(one, two);
      await talk(three, one);
    });
  });

  it('is undone by the engine for an agent that hangs when the new key is in force, and goes on with the old one', async () => {
    const before = await clientFile('worker-2');
    // No connection with the new key, however fast the agent is; those there are go on.
    const rules = `
      table inet lab_new {
        chain out { type filter hook output priority 0; tcp dport ${GRPC_PORT} ct state new drop; }
      }`;
    await two.host.output(['nft', '-f', '-'], { input: rules });
    const rotated = nextLine(network.daemon, /key\.rotated worker-2/);
    const rotation = two.host.spawn(ROTATE);
    await rotated;
    const undone = nextLine(network.daemon, /key\.restored worker-2/, 90_000);
    await two.agent.signal('SIGSTOP');
    expect(await clientFile('worker-2')).not.toBe(before);
    await undone;
    expect(await clientFile('worker-2')).toBe(before);
    await two.host.output(['nft', 'delete', 'table', 'inet', 'lab_new']);
    await two.agent.signal('SIGCONT');
    expect((await rotation.ended).exitCode).toBe(1);
    await settled(two);
    expect(await config(two.host)).toContain(before.trim());
    await becomesTrue('the network of worker-2 has the old key', async () =>
      expect(await networkKey(two.host)).toBe(before),
    );
    for (const { host } of [one, three]) {
      await becomesTrue(`${host.name} has the old key of worker-2 as a peer, and no other`, async () => {
        const keys = Object.keys(await handshakes(host));
        expect(keys).toContain(before.trim());
        expect(keys).toHaveLength(2);
      });
    }
    await talk(one, two);
    await talk(two, three);
  });

  it('where it is denied says what an administrator has to do, and follows when that is done: a running agent too', async () => {
    await network.daemon.stop();
    const text = await config(network.engine);
    await network.engine.writeFile(CONFIG, text.replace(/^engine:$/m, 'engine:\n  key_rotation: "deny"'));
    await network.startEngine();
    const before = await clientFile('cli-1');
    const first = await json<Rotated>(laptop, ['banyan-cli', 'rotate']);
    expect(first.state).toBe('denied');
    expect(await clientFile('cli-1')).toBe(before);
    // The same key once more, not another.
    expect(await json<Rotated>(laptop, ['banyan-cli', 'rotate'])).toMatchObject({ next: first.next });
    await network.engine.output(printedCommand(first.next!, 'banyan-engine add-client'));
    expect(await operatorStatus(laptop)).toMatchObject({ identity: 'cli-1' });
    expect(await config(laptop)).toContain(first.public_key);

    await everyoneIsBack(laptop, [one, three]);
    const file = await clientFile('worker-3');
    const asked = await json<Rotated>(three.host, ROTATE);
    expect(asked.state).toBe('denied');
    expect(await clientFile('worker-3')).toBe(file);
    expect(await config(three.host)).not.toContain(asked.public_key);
    await network.engine.output(printedCommand(asked.next!, 'banyan-engine add-client'));
    await settled(three);
    expect(await clientFile('worker-3')).toBe(`${asked.public_key}\n`);
    await becomesTrue('the network of worker-3 has the new key', async () =>
      expect(await networkKey(three.host)).toBe(`${asked.public_key}\n`),
    );
    expect(await has(three.host, SPARE)).toBe(false);
    expect(three.agent.result).toBeUndefined();
    await talk(one, three);

    await network.daemon.stop();
    await network.engine.writeFile(CONFIG, text);
    await network.startEngine();
  });

  it('loses against a removal of its client', async () => {
    // So that there is time to remove it: hosts are being prepared.
    await three.agent.signal('SIGSTOP');
    const rotation = one.host.spawn(ROTATE);
    await until(() => has(one.host, SPARE), { what: 'it is asked for' });
    await network.engine.removeFile(`${KEYS_DIRECTORY}/worker-1.pub`);
    await three.agent.signal('SIGCONT');
    expect((await rotation.ended).exitCode).toBe(1);
    await agentIs(one.host, { state: 'refused' });
    expect(await has(network.engine, `${KEYS_DIRECTORY}/worker-1.pub`)).toBe(false);
    await until(async () => (await one.host.run(['ip', 'link', 'show', 'banyan-wg'])).exitCode !== 0, {
      what: 'the network of worker-1 is gone',
    });
    await until(async () => Object.keys(await handshakes(two.host)).length === 1, {
      what: 'no key of it is a peer of anybody',
    });
  });
});
