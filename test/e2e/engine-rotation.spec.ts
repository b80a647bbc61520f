import type { Account, Host } from '../lab/index.js';
import { until } from '../lab/index.js';
import { ping } from '../dataplane/worker.js';
import { addServer, readySubnet, SteadyPing, type Server } from './mesh-network.js';
import {
  agentIs,
  CONFIG,
  json,
  nextLine,
  operatorIsRefused,
  operatorStatus,
  PrivateNetwork,
} from './private-network.js';

const PREVIOUS_KEY = '/var/lib/banyan/engine/previous-key.json';

interface Rotated {
  readonly rotation: string;
  readonly public_key: string;
  readonly fingerprint: string;
  readonly previous_fingerprint: string;
  readonly answers_by_previous: boolean;
  readonly learned: string[];
  readonly not_learned: string[];
  readonly running: boolean;
  readonly by_hand: { agent: string; cli: string } | null;
}

interface EngineReport {
  readonly public_key: string;
  readonly fingerprint: string;
  readonly previous_key: { fingerprint: string; not_learned: string[] } | null;
  readonly agents: { online: number } | null;
}

describe("the engine's key, when it is renewed", () => {
  let network: PrivateNetwork;
  let one: Server;
  let two: Server;
  let laptop: Host;
  /** Has the engine's key pinned at first use. */
  let visitor: Account;

  beforeAll(async () => {
    network = await PrivateNetwork.create('engine-rotation');
    await network.startEngine();
    laptop = await network.host('cli', 'laptop');
    visitor = await laptop.asUser(2000);
    await network.join('cli', visitor as Host, { name: 'visitor', pinned: false });
    await operatorStatus(visitor);
    one = await addServer(network, 'worker-1');
    two = await addServer(network, 'worker-2');
    for (const { host } of [one, two]) {
      const text = await host.readFile(CONFIG);
      await host.writeFile(
        CONFIG,
        text.replace(/(engine_wg_public_key: .*)/, '# As told by Ada.\n  $1 # ours'),
      );
    }
    await until(() => ping(one.container.inside, two.container.address), {
      what: 'the containers reach each other',
    });
  });
  afterAll(() => network?.destroy());
  // Where the test before ended an engine or changed its key, agents may still be on their way back. No operator asks
  // here: each of its commands teaches it a new key.
  beforeEach(async () => {
    await until(async () => (await engineReport()).agents?.online === 2, {
      what: 'the engine has both agents online',
    });
    for (const server of [one, two]) {
      await inTunnel(server);
      await readySubnet(server.host);
    }
  });

  const inTunnel = ({ host }: Server) => agentIs(host, { state: 'connected', channel: 'tunnel' });

  const connected = ({ host }: Server) => agentIs(host, { state: 'connected' });

  const rotate = async (...flags: string[]): Promise<Rotated> => {
    const rotated = await json<Rotated>(network.engine, ['banyan-engine', 'rotate', '--yes', ...flags]);
    network.engineKey = rotated.public_key;
    return rotated;
  };

  const engineReport = () => json<EngineReport>(network.engine, ['banyan-engine', 'status']);

  const previousIsGone = () =>
    until(async () => (await engineReport()).previous_key === null, {
      what: 'the engine answers by no previous key',
    });

  const unknownTo = (...names: string[]) =>
    until(async () => (await engineReport()).previous_key?.not_learned.join() === names.join(), {
      what: `the new key is known to all but ${names.join(', ')}`,
    });

  const killEngine = async () => {
    await network.daemon.signal('SIGKILL');
    await network.daemon.ended;
  };

  const exists = async (path: string) => (await network.engine.run(['test', '-e', path])).exitCode === 0;

  it('is learned at once by agents that are online, who stay in the tunnel, while no ping between containers is lost', async () => {
    const unasked = await network.engine.run(['banyan-engine', 'rotate']);
    expect(unasked.exitCode).toBe(2);
    expect(unasked.stderr).toContain('banyan-engine rotate --yes');
    const pings = await SteadyPing.start(one.container, two.container);
    const before = (await engineReport()).fingerprint;
    const rotated = await rotate();
    expect(rotated).toMatchObject({
      rotation: 'taught',
      previous_fingerprint: before,
      answers_by_previous: true,
      learned: ['worker-1', 'worker-2'],
      not_learned: ['laptop', 'visitor'],
      running: true,
      by_hand: null,
    });
    for (const server of [one, two]) {
      await until(
        async () =>
          (await server.host.output(['wg', 'show', 'wg-control', 'peers'])).includes(rotated.public_key),
        { what: `${server.host.name} knows the engine by its new key in the tunnel` },
      );
      await inTunnel(server);
      await readySubnet(server.host);
      expect(server.agent.stderr).not.toContain('another store');
      expect(await server.host.readFile(CONFIG)).toMatch(
        `# As told by Ada.\n  engine_wg_public_key: "${rotated.public_key}" # ours\n`,
      );
    }
    expect(await pings.end()).toMatchObject({ lost: 0 });
    expect(await engineReport()).toMatchObject({
      fingerprint: rotated.fingerprint,
      previous_key: { fingerprint: before, not_learned: ['laptop', 'visitor'] },
    });
  });

  it('is learned by operators at their next command, and then the previous one is destroyed', async () => {
    const { fingerprint } = await engineReport();
    for (const [operator, rest] of [
      [laptop, {}],
      [visitor, { key_confirmed: false }],
    ] as const) {
      const { stderr, exitCode } = await operator.run(['banyan-cli', 'status', '--json']);
      expect({ stderr, exitCode }).toEqual({
        stderr: `Note: the engine has a new key, ${fingerprint}; saved.\n`,
        exitCode: 0,
      });
      expect(await operatorStatus(operator)).toMatchObject({ engine: { fingerprint, ...rest } });
    }
    await previousIsGone();
    expect(await exists(PREVIOUS_KEY)).toBe(false);
    await network.daemon.says(/the previous key SHA256:\S+ is destroyed: everybody who is admitted knows/);
  });

  it('is the only one that is believed from then on: an engine with nothing but the old one is refused', async () => {
    await network.daemon.stop();
    // It was running all the while, and is looking for the engine.
    const met = nextLine(one.agent, /says its key is/);
    const old = await network.startEngine({ BANYAN_CONFIG: `${CONFIG}.previous` });
    await operatorIsRefused(laptop, 'the configuration says');
    await met;
    await agentIs(one.host, { state: 'connecting' });
    expect(old.stderr).not.toContain('agent.online');
    await network.daemon.stop();
    await network.startEngine();
  });

  it.each([
    ['has kept the old one', () => network.engine.output(['cp', `${CONFIG}.previous`, CONFIG]), 'cut off'],
    ['has put the new one in its configuration', () => Promise.resolve(), 'answering by the previous key'],
  ])('starts again after a rotation without an engine that %s', async (_, undo, says) => {
    const before = (await engineReport()).fingerprint;
    await killEngine();
    const rotated = await rotate();
    expect(rotated).toMatchObject({
      running: false,
      answers_by_previous: true,
      previous_fingerprint: before,
    });
    expect(rotated.not_learned).toEqual(['laptop', 'visitor', 'worker-1', 'worker-2']);
    await undo();
    await network.startEngine();
    await network.daemon.says(new RegExp(says));
    await connected(one);
    await connected(two);
    for (const operator of [laptop, visitor]) await operatorStatus(operator);
    await previousIsGone();
    const { fingerprint } = await operatorStatus(laptop).then(({ engine }) => engine);
    expect(fingerprint).toBe(says === 'cut off' ? before : rotated.fingerprint);
  });

  it('is learned by an agent that was away, when it returns, and by an engine that was killed meanwhile', async () => {
    await two.agent.stop();
    // Cut off before the engine was told: the same command finishes it.
    const running = ['/run/banyan-engine/admin.sock', '/var/lib/banyan/engine/audit/lock'];
    for (const sign of running) await network.engine.output(['mv', sign, `${sign}.away`]);
    const { fingerprint } = await rotate();
    for (const sign of running) await network.engine.output(['mv', `${sign}.away`, sign]);
    const rotated = await rotate();
    expect(rotated).toMatchObject({ fingerprint, running: true });
    await unknownTo('laptop', 'visitor', 'worker-2');
    const again = await network.engine.run(['banyan-engine', 'rotate', '--yes']);
    expect(again.exitCode).toBe(1);
    expect(again.stderr).toMatch(
      /under way: the new key is not known yet by laptop, visitor, worker-2\n.*--forget/s,
    );
    await killEngine();
    await network.startEngine();
    two.agent = await network.startAgent(two.host);
    await two.agent.says(/the engine has a new key, .* saved/);
    await connected(one);
    await inTunnel(two);
    await unknownTo('laptop', 'visitor');
  });

  it('is said, with the remedy, by a client that cannot save it, which goes on by the old one', async () => {
    const home = '/run/home/2000/.local/state/banyan';
    await laptop.output(['chmod', '500', home]);
    const { stderr, exitCode } = await visitor.run(['banyan-cli', 'status', '--json']);
    await laptop.output(['chmod', '700', home]);
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(/^Warning: the engine has a new key, \S+, and it is not saved: cannot write/);
    expect(stderr).toContain(`banyan-cli init --keep --engine-wg-public-key '${network.engineKey}'`);
    expect((await engineReport()).previous_key?.not_learned).toContain('visitor');
    for (const operator of [laptop, visitor]) await operatorStatus(operator);
    await previousIsGone();
  });

  it('is to be told by hand to those whom --forget leaves behind; their containers talk on', async () => {
    await two.agent.stop();
    await rotate();
    for (const operator of [laptop, visitor]) await operatorStatus(operator);
    await unknownTo('worker-2');
    const forgotten = await rotate('--forget');
    expect(forgotten).toMatchObject({
      rotation: 'forgotten',
      learned: ['laptop', 'visitor', 'worker-1'],
      not_learned: ['worker-2'],
      answers_by_previous: false,
    });
    expect(await exists(PREVIOUS_KEY)).toBe(false);
    two.agent = two.host.spawn(['banyan-agent', 'start']);
    await two.agent.says(/says its key is/);
    expect(await ping(one.container.inside, two.container.address)).toBe(true);
    await two.agent.stop();
    await two.host.output(['sh', '-c', forgotten.by_hand!.agent.replace(/ && .*|^sudo /g, '')]);
    two.agent = await network.startAgent(two.host);
    await connected(two);
    expect(await ping(one.container.inside, two.container.address)).toBe(true);
  });

  it('counts at once and teaches nobody when the old one is compromised', async () => {
    const pings = await SteadyPing.start(one.container, two.container);
    const met = nextLine(one.agent, /says its key is/);
    const rotated = await rotate('--compromised');
    expect(rotated).toMatchObject({
      rotation: 'compromised',
      answers_by_previous: false,
      learned: [],
      not_learned: ['laptop', 'visitor', 'worker-1', 'worker-2'],
    });
    expect(await exists(PREVIOUS_KEY)).toBe(false);
    await met;
    await operatorIsRefused(laptop, 'the configuration says');
    expect(await one.host.readFile(CONFIG)).not.toContain(rotated.public_key);
    const told = (command: string) => command.replace(/ && .*|^sudo /g, '');
    await Promise.all(
      [one, two].map(async (server) => {
        await server.agent.stop();
        await server.host.output(['sh', '-c', told(rotated.by_hand!.agent)]);
        server.agent = await network.startAgent(server.host);
        await connected(server);
        expect(server.agent.stderr).not.toContain('another store');
      }),
    );
    await laptop.output(['sh', '-c', told(rotated.by_hand!.cli)]);
    expect(await operatorStatus(laptop)).toMatchObject({ engine: { public_key: rotated.public_key } });
    expect(await pings.end()).toMatchObject({ lost: 0 });
  });

  it('is not changed behind an engine whose socket is gone, and says which process that is', async () => {
    const before = await network.engine.readFile(CONFIG);
    const socket = '/run/banyan-engine/admin.sock';
    await network.engine.output(['mv', socket, `${socket}.away`]);
    for (const flags of [[], ['--forget']]) {
      const refused = await network.engine.run(['banyan-engine', 'rotate', '--yes', ...flags]);
      expect(refused.stderr).toMatch(/an engine runs here that cannot be told: process \d+ holds/);
      expect(refused.stderr).not.toContain('no engine is running');
    }
    expect(await network.engine.readFile(CONFIG)).toBe(before);
    await network.engine.output(['mv', `${socket}.away`, socket]);
  });

  it('is in the files when a hung engine cannot be told, which goes on by the stolen one until it is restarted', async () => {
    const stolen = (await engineReport()).fingerprint;
    const said = async () => {
      const { exitCode, stderr } = await network.engine.run([
        ...['banyan-engine', 'rotate', '--yes', '--compromised'],
      ]);
      expect(exitCode).toBe(1);
      expect(stderr).toContain('it still answers by the key that may be stolen');
      expect(stderr).toContain('Try: Restart it now: sudo systemctl restart banyan-engine.');
      const [, key] = /banyan-agent init --keep --engine-wg-public-key '([^']+)'/.exec(stderr)!;
      return key;
    };
    await network.daemon.signal('SIGSTOP');
    const key = await said();
    expect(await said()).toBe(key);
    expect(await network.engine.readFile(CONFIG)).toContain(key);
    // Nothing that it was told while it hung is done.
    await killEngine();
    await network.startEngine();
    expect(await engineReport()).toMatchObject({ public_key: key, previous_key: null });
    expect(await exists('/var/lib/banyan/engine/untaken-key.json')).toBe(false);
    const next = await rotate('--compromised');
    expect(next.public_key).not.toBe(key);
    const lines = await network.engine.output(['banyan-engine', 'audit', '--json']);
    const log = lines
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    const found = { from: stolen, taught: false, by: 'command', while_stopped: true };
    expect(log).toContainEqual(
      expect.objectContaining({
        event: 'engine.key_rotated',
        fields: expect.objectContaining(found) as unknown,
      }),
    );
  });
});
