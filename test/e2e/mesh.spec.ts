import { setTimeout as delay } from 'node:timers/promises';
import type { LinkStatus } from '../../apps/agent/src/status-file.js';
import { until, untilHolds, type Host } from '../lab/index.js';
import { ping } from '../dataplane/worker.js';
import {
  addServer,
  everyoneIsBack,
  handshakes,
  listedAgents,
  readySubnet,
  restartAgent,
  SteadyPing,
  type Server,
} from './mesh-network.js';
import { agentIs, agentStatus, json, KEYS_DIRECTORY, PrivateNetwork } from './private-network.js';
import { setClock, SETTABLE_CLOCK } from './settable-clock.js';

const CACHE = '/var/lib/banyan/agent/network.json';
const STATUS = '/run/banyan-agent/status.json';

/** What Prometheus would read on an agent's host. */
function figuresOf(host: Host): Promise<string> {
  const read = `fetch('http://127.0.0.1:9751/metrics').then(async (answer) => console.log(await answer.text()))`;
  return host.output([process.execPath, '-e', read]);
}

/** Bytes by public key that each peer of `banyan-wg` has sent to this host; counted anew for a peer that is made anew. */
async function receivedBy(host: Host): Promise<Record<string, number>> {
  const lines = (await host.output(['wg', 'show', 'banyan-wg', 'transfer'])).trim().split('\n');
  return Object.fromEntries(
    lines.map((line) => line.split('\t')).map(([key, bytes]) => [key!, Number(bytes)]),
  );
}

/** How often an agent has put right what others had changed, since its start. */
async function repairsOf(host: Host): Promise<number> {
  return Number(/^banyan_repairs_total (\d+)$/m.exec(await figuresOf(host))?.[1]);
}

describe('containers on several servers', () => {
  let network: PrivateNetwork;
  let one: Server;
  let two: Server;
  let three: Server;
  let laptop: Host;
  /** Those of whom a test begins with. */
  const joined: Server[] = [];

  beforeAll(async () => {
    network = await PrivateNetwork.create('mesh');
    await network.startEngine(SETTABLE_CLOCK);
    laptop = await network.host('cli', 'laptop', { name: 'cli-1' });
    one = await addServer(network, 'worker-1', SETTABLE_CLOCK);
    two = await addServer(network, 'worker-2');
    joined.push(one, two);
  });
  beforeEach(async () => {
    // What a failed test has left would fail all that follow, each after a minute; a crash fails one.
    const ended = [network.daemon, ...joined.map(({ agent }) => agent)].filter(({ result }) => result);
    if (network.daemon.result) await network.startEngine();
    for (const server of joined) if (server.agent.result) await restartAgent(network, server);
    const crashed = ended.find(({ toldToEnd }) => !toldToEnd);
    if (crashed) throw new Error(`it has ended by itself:\n${crashed.said()}`);
    await everyoneIsBack(laptop, joined);
  });
  afterAll(() => network?.destroy());

  const talks = (from: Server, to: Server) =>
    until(() => ping(from.container.inside, to.container.address), {
      what: `${from.host.name} reaches the container of ${to.host.name}`,
    });

  const loseStore = async () => {
    await network.daemon.signal('SIGTERM');
    await network.daemon.ended;
    await network.engine.output(['sh', '-c', 'rm -rf /var/lib/banyan/engine/*']);
    await network.startEngine();
  };

  it('talk, with no configuration but the whitelist', async () => {
    await talks(one, two);
    await talks(two, one);
    await until(() => ping(one.host, two.container.address), {
      what: 'a host reaches the container of another',
    });
  });

  it('are seen: by the operator, by the engine, and on the host itself', async () => {
    const agents = await until(
      async () => {
        const listed = await listedAgents(laptop);
        if (listed.every(({ links_up: up }) => up === 1)) return listed;
        throw new Error(JSON.stringify(listed));
      },
      { what: 'both agents say that their link is up' },
    );
    expect(agents).toMatchObject([
      { name: 'worker-1', public_key: one.key, state: 'online', links_up: 1, links_wanted: 1 },
      { name: 'worker-2', public_key: two.key, state: 'online', links_up: 1, links_wanted: 1 },
    ]);
    expect(agents[0]!.endpoint).toBe(`${one.host.address}:51820`);
    expect(agents[0]!.subnet).toBe(await readySubnet(one.host));
    expect(agents[0]!.applied_revision).toBeGreaterThan(0);
    expect(agents[0]!.applied_revision).toBe(agents[1]!.applied_revision);
    const link = { name: 'worker-2', up: true, endpoint: `${two.host.address}:51820` };
    const seen = await until(
      async () => {
        const [peer] = await json<{ round_trip_us: number | null }[]>(laptop, [
          ...['banyan-cli', 'peers', '--agent', 'worker-1'],
        ]);
        if (peer?.round_trip_us) return peer;
        throw new Error(JSON.stringify(peer));
      },
      { what: 'the round trip is measured' },
    );
    expect(seen).toMatchObject(link);
    const written = { network: { state: 'ready', links_up: 1, links_wanted: 1 }, links: [link] };
    await untilHolds(async () => expect(await agentStatus(one.host)).toMatchObject(written), {
      what: 'the agent has written down how its link is',
    });
  });

  it.each([
    ['a day forward', 86_400_000],
    ['a day back', -86_400_000],
  ])('stay as they are when the clocks of engine and server are set %s', async (_, ms) => {
    const pings = await SteadyPing.start(one.container, two.container);
    await setClock(network.engine, network.daemon, ms);
    await setClock(one.host, one.agent, ms);
    const said = one.agent.stderr.length;
    const status = async () => JSON.parse(await one.host.readFile(STATUS)) as { links: LinkStatus[] };
    const received = async () => (await status()).links[0]!.received_bytes;
    const before = await received();
    // WireGuard's own clock has not moved, so its handshakes are far from now.
    await until(async () => (await received()) > before, {
      what: 'the agent looks at its links',
    });
    expect(await status()).toMatchObject({
      state: 'connected',
      links: [{ up: true, endpoint: `${two.host.address}:51820` }],
    });
    expect(await listedAgents(laptop)).toMatchObject([
      { name: 'worker-1', state: 'online', links_up: 1 },
      { name: 'worker-2', state: 'online', links_up: 1 },
    ]);
    expect(one.agent.stderr.slice(said)).not.toMatch(/agent\.disconnected|link\.down|network\.|drift\./);
    await setClock(network.engine, network.daemon, 0);
    await setClock(one.host, one.agent, 0);
    expect(await pings.end()).toMatchObject({ lost: 0 });
  });

  it('are counted on the host itself, for Prometheus', async () => {
    // On a busy machine it came directly first.
    await agentIs(one.host, { state: 'connected', channel: 'tunnel' });
    const text = await figuresOf(one.host);
    for (const line of [
      'banyan_engine_connected{path="tunnel"} 1',
      'banyan_links{kind="up"} 1',
      'banyan_peer_up{peer="worker-2"} 1',
      'banyan_network_problem{kind="error"} 0',
    ])
      expect(text.split('\n')).toContain(line);
    expect(text).toMatch(/^banyan_peer_received_bytes_total\{peer="worker-2"\} [1-9]/m);
    expect(text).toMatch(/^banyan_reconcile_seconds_count [1-9]/m);
  });

  it('talk to those of a server that has just joined, and all keep their sessions', async () => {
    // More than a session that has begun anew carries by itself.
    const much = ['ping', '-q', '-c', '20', '-i', '0.02', '-s', '1000', two.container.address];
    await one.container.inside.output(much);
    const before = await receivedBy(one.host);
    expect(before[two.key]).toBeGreaterThan(10_000);
    three = await addServer(network, 'worker-3');
    joined.push(three);
    await Promise.all([talks(one, three), talks(two, three)]);
    const after = await receivedBy(one.host);
    expect(after[two.key]).toBeGreaterThanOrEqual(before[two.key]!);
    expect(Object.keys(after)).toHaveLength(2);
  });

  it.each(['SIGTERM', 'SIGKILL'] as const)(
    'talk on while the engine ends by %s and comes back',
    async (how) => {
      const pings = await SteadyPing.start(one.container, two.container);
      await network.daemon.signal(how);
      await network.daemon.ended;
      await agentIs(one.host, { state: 'connecting' });
      expect(await agentStatus(one.host)).toMatchObject({ network: { state: 'ready' }, links: [{}, {}] });
      await network.startEngine();
      await everyoneIsBack(laptop, joined);
      expect(await pings.end()).toMatchObject({ lost: 0 });
    },
  );

  it.each(['SIGTERM', 'SIGKILL'] as const)(
    'talk on while an agent ends by %s and comes back',
    async (how) => {
      const subnet = await readySubnet(one.host);
      const pings = await SteadyPing.start(one.container, two.container);
      await one.agent.signal(how);
      await one.agent.ended;
      expect(await json(one.host, ['banyan-agent', 'plan'])).toEqual([]);
      await restartAgent(network, one);
      await everyoneIsBack(laptop, joined);
      expect(await readySubnet(one.host)).toBe(subnet);
      expect(await pings.end()).toMatchObject({ lost: 0 });
    },
  );

  it.each<[string, string[], RegExp]>([
    ['a removed peer', ['wg', 'set', 'banyan-wg', 'peer', 'PEER', 'remove'], /add peer worker-2/],
    ['a bounced link', ['sh', '-c', 'ip link set banyan-wg down; ip link set banyan-wg up'], /add the route/],
    ['a deleted route', ['ip', 'route', 'flush', 'dev', 'banyan-wg'], /add the route/],
    ['a flushed firewall', ['nft', 'flush', 'ruleset'], /load the firewall table banyan_network/],
    ['a deleted bridge', ['ip', 'link', 'del', 'banyan0'], /create the bridge banyan0/],
    ['a deleted interface', ['ip', 'link', 'del', 'banyan-wg'], /create the interface/],
  ])('talk again soon after drift, which is counted and logged: %s', async (_, command, logged) => {
    const before = await repairsOf(one.host);
    await one.host.output(command.map((word) => (word === 'PEER' ? two.key : word)));
    const isRepaired = async (): Promise<boolean> => {
      // To ask costs a start of Node, which the repair would wait for.
      await delay(500);
      return (await repairsOf(one.host)) > before;
    };
    await until(isRepaired, { what: 'the agent has repaired it' });
    // The same once more within a minute is counted, and has no second line.
    await one.agent.says(new RegExp(`drift\\.repaired: .*${logged.source}`));
    await talks(one, two);
  });

  it('talk again after a reboot without an engine, by the network that was known last', async () => {
    await network.daemon.signal('SIGTERM');
    await network.daemon.ended;
    await one.agent.signal('SIGKILL');
    await one.agent.ended;
    expect(await one.host.output(['stat', '-c', '%a', CACHE])).toBe('600\n');
    await one.host.output(['sh', '-c', 'ip link del banyan-wg; nft flush ruleset; rm -rf /run/banyan-agent']);
    await one.host.output(['ip', 'link', 'del', 'banyan0']);
    one.agent = one.host.spawn(['banyan-agent', 'start']);
    await one.agent.says(/restoring the last network, 2 peers/);
    await one.host.output(['sh', '-c', 'until ip link set veth-web master banyan0; do sleep 0.1; done']);
    await talks(one, two);
    const restored = async () => (await agentStatus(one.host)).network?.state === 'restored';
    await until(restored, { what: 'worker-1 says that its network is the last one' });
    expect(await agentStatus(one.host)).toMatchObject({ state: 'connecting' });
    await network.startEngine();
  });

  it('talk on with a damaged cache, which is set aside and said', async () => {
    await network.daemon.signal('SIGTERM');
    await network.daemon.ended;
    await one.agent.signal('SIGTERM');
    await one.agent.ended;
    await one.host.writeFile(CACHE, '{"format":1,"peers":[]');
    const pings = await SteadyPing.start(one.container, two.container);
    one.agent = one.host.spawn(['banyan-agent', 'start']);
    await one.agent.says(/the last network in .* cannot be read .* it was set aside as /);
    expect(await one.host.readFile(`${CACHE}.damaged`)).toBe('{"format":1,"peers":[]');
    await network.startEngine();
    await everyoneIsBack(laptop, joined);
    expect(await pings.end()).toMatchObject({ lost: 0 });
    const written = until(async () => JSON.parse(await one.host.readFile(CACHE)) as object, {
      what: 'there is another cache',
    });
    expect(await written).toMatchObject({ format: 1 });
  });

  it('talk on when the engine has lost its store, and the operator decides when that counts', async () => {
    const before = [await readySubnet(one.host), await readySubnet(two.host)];
    // Whom the new store will not know.
    await three.agent.signal('SIGTERM');
    await three.agent.ended;
    const pings = await SteadyPing.start(one.container, three.container);
    await loseStore();
    const held = async () => (await agentStatus(one.host)).network?.state === 'held';
    await until(held, { what: 'worker-1 holds the network it has' });
    const holding = async () =>
      (await json<{ network: { holding: string[] } }>(network.engine, ['banyan-engine', 'status'])).network
        .holding;
    await until(async () => (await holding()).length === 2, { what: 'both hold' });
    expect(await pings.end()).toMatchObject({ lost: 0 });
    await network.engine.output(['banyan-engine', 'adopt']);
    expect([await readySubnet(one.host), await readySubnet(two.host)]).toEqual(before);
    await until(async () => Object.keys(await handshakes(one.host)).join() === two.key, {
      what: 'worker-1 has taken out whom the engine does not know',
    });
    await restartAgent(network, three);
    await talks(one, three);
  });

  it('talk on when the engine has lost its store and everybody comes back: nothing is lost', async () => {
    const pings = await SteadyPing.start(one.container, two.container);
    await loseStore();
    await everyoneIsBack(laptop, joined);
    expect(await pings.end()).toMatchObject({ lost: 0 });
    await talks(one, three);
  });

  it('lose the peer whose key is removed, with a receipt of who has applied that, and why somebody has not', async () => {
    const state = '/var/lib/banyan/agent';
    await two.host.output(['mount', '-t', 'tmpfs', '-o', 'size=64k,mode=700', 'none', state]);
    await two.host.run(['sh', '-c', `cat /dev/zero > ${state}/filler`]);
    const removed = await network.engine.run([
      ...['banyan-engine', 'remove-client', '--name', 'worker-3', '--wait', '10s', '--json'],
    ]);
    expect(JSON.parse(removed.stdout)).toMatchObject({
      ...{ name: 'worker-3', applied: ['worker-1'], pending: ['worker-2'] },
      refused: { 'worker-2': expect.stringContaining('the disk is full') as string },
    });
    expect(removed.exitCode).toBe(1);
    joined.splice(joined.indexOf(three), 1);
    // A start without the engine would have it back; the host of now has not.
    for (const { host } of [one, two]) expect(await handshakes(host)).not.toHaveProperty([three.key]);
    await until(() => two.host.run(['umount', state]).then(({ exitCode }) => exitCode === 0), {
      what: 'nobody writes there',
    });
    // Nobody says that it has become the network of now who has not written it down.
    await everyoneIsBack(laptop, joined);
    expect(await two.host.readFile(CACHE)).not.toContain(three.key);
  });

  it('lose it on a server that was away as soon as that is back, and the receipt says that it was', async () => {
    const add = ['banyan-engine', 'add-client', '--name', 'worker-3', '--pubkey', three.key];
    await network.engine.output(add);
    await until(async () => three.key in (await handshakes(two.host)), {
      what: 'worker-2 has the peer again',
    });
    await two.agent.signal('SIGTERM');
    await two.agent.ended;
    await until(async () => (await network.agents(laptop))['worker-2'] === 'offline', {
      what: 'the engine has noticed',
    });
    const removed = await network.engine.run([
      ...['banyan-engine', 'remove-client', '--name', 'worker-3', '--wait', '30s'],
    ]);
    expect(removed).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(
        /1\/1 online agents applied in \d+ ms; 1 offline: worker-2 \(applies on return\)/,
      ) as string,
    });
    // Its host goes on as it was: that is what outliving the control plane means.
    expect(await handshakes(two.host)).toHaveProperty([three.key]);
    await restartAgent(network, two);
    await until(async () => !(three.key in (await handshakes(two.host))), {
      what: 'worker-2 has taken it out',
    });
  });

  it('lose their network with the key of their server: there, and at every other', async () => {
    joined.splice(joined.indexOf(two), 1);
    await network.engine.removeFile(`${KEYS_DIRECTORY}/worker-2.pub`);
    await until(async () => !(two.key in (await handshakes(one.host))), {
      what: 'worker-1 has taken worker-2 out',
    });
    await until(async () => (await two.host.run(['ip', 'link', 'show', 'banyan-wg'])).exitCode === 1, {
      what: 'worker-2 takes its own network down',
    });
    await agentIs(two.host, { state: 'refused' });
    expect((await two.host.run(['ls', CACHE])).exitCode).toBe(2);
    await until(async () => !(await two.host.output(['nft', 'list', 'tables'])).includes('banyan_network'), {
      what: 'worker-2 has opened its firewall, which closes last',
    });
  });

  it('leave their host as it was after `down`, but for IP forwarding, which it says', async () => {
    await one.agent.signal('SIGTERM');
    await one.agent.ended;
    const said = await one.host.output(['banyan-agent', 'down']);
    expect(said).toContain('leave IP forwarding on');
    const links = await one.host.output(['ip', '-brief', 'link']);
    expect(links).not.toMatch(/banyan|wg-control/);
    expect(await one.host.output(['ip', 'route'])).not.toContain('10.201.');
    expect(await one.host.output(['nft', 'list', 'ruleset'])).toBe('');
    expect(await one.host.output(['banyan-agent', 'down'])).toContain('There was no container network.');
  });
});
