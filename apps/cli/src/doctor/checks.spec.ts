import { NoAnswer } from '#channel';
import { BanyanError } from '#errors';
import { Subnet } from '#network';
import { generateKey } from '#crypto/generate';
import { CHECKS } from './catalogue.js';
import { examine, type Examined } from './check.js';
import type { AgentProbes, CliProbes, EngineProbes } from './probes.js';
import {
  agent,
  AGENT_SETTINGS,
  CONTACT,
  controlPeer,
  device,
  engine,
  ENGINE_SETTINGS,
  link,
  listed,
  operator,
  PEER,
  PROBED,
  REPORT,
  status,
} from './testing/healthy.js';

const silent = (): void => undefined;
/** Reads the file itself, and so has a test of its own. */
const NOT_HERE = 'key pair';

async function agentSays(broken: Partial<AgentProbes>): Promise<readonly Examined[]> {
  return (await examine(CHECKS.agent, agent(broken), silent)).filter(({ check }) => check !== NOT_HERE);
}
async function engineSays(broken: Partial<EngineProbes>): Promise<readonly Examined[]> {
  return (await examine(CHECKS.engine, engine(broken), silent)).filter(({ check }) => check !== NOT_HERE);
}
async function cliSays(broken: Partial<CliProbes>): Promise<readonly Examined[]> {
  return (await examine(CHECKS.cli, operator(broken), silent)).filter(({ check }) => check !== NOT_HERE);
}
const unwell = (all: readonly Examined[]): readonly Examined[] => all.filter(({ state }) => state !== 'ok');

const is =
  <T>(value: T) =>
  () =>
    Promise.resolve(value);
const fails = (error: Error) => () => Promise.reject(error);
const MIB = 1024 ** 2;
const otherKey = { publicKey: generateKey().publicKey };
const foreign = (destination: string) => is({ links: [], routes: [{ destination, device: 'tun0' }] });
const answer = (given: Partial<Exclude<typeof CONTACT.answer, BanyanError>>) =>
  is({ ...CONTACT, answer: { ...(CONTACT.answer as object), ...given } as typeof CONTACT.answer });
const refusal = (kind: 'unauthenticated' | 'forbidden', message: string) =>
  is({ ...CONTACT, answer: new BanyanError(kind, message, { remedy: `cure of ${message}` }) });

describe('on a healthy network', () => {
  it('every check of every program is well', async () => {
    for (const says of [agentSays, engineSays, cliSays]) {
      const all = await says({});
      expect(unwell(all)).toEqual([]);
      expect(all.length).toBeGreaterThan(10);
    }
  });

  it('an operator who is not root is well too', async () => {
    const needsRoot = new BanyanError('host', 'needs root');
    // Debian's shells of ordinary users look for no program in /usr/sbin.
    const onPath = (name: string) => Promise.resolve(name !== 'nft');
    const all = await cliSays({ root: false, onPath, tables: fails(needsRoot), device: fails(needsRoot) });
    expect(unwell(all)).toEqual([]);
  });

  it('a configuration in a sticky directory is well too', async () => {
    const permissions: AgentProbes['permissions'] = (path) =>
      Promise.resolve({ mode: path.endsWith('yaml') ? 0o600 : 0o1777, uid: 0 });
    expect(unwell(await agentSays({ permissions }))).toEqual([]);
  });

  it('an agent beside its engine needs neither tunnel nor table of its own', async () => {
    const all = await agentSays({
      contact: is({ ...CONTACT, channel: 'loopback' }),
      tunnelAnswers: is(false),
      device: (name) => Promise.resolve(device(name, name === 'wg-control' ? otherKey : {})),
      tables: is(['banyan_control_engine', 'banyan_network']),
    });
    expect(unwell(all)).toEqual([]);
  });
});

type Case<P> = readonly [
  what: string,
  broken: Partial<P>,
  check: string,
  state: 'warn' | 'fail',
  detail: RegExp,
  remedy: RegExp | undefined,
];

/** What is broken shows in its own check, with a remedy, and what others find is not hidden by it. */
function expectNamed(all: readonly Examined[], [, , check, state, detail, remedy]: Case<unknown>): void {
  const line = all.find((one) => one.check === check)!;
  expect(line).toMatchObject({ state, detail: expect.stringMatching(detail) as string });
  if (remedy === undefined) expect(line.remedy).toBeUndefined();
  else expect(line.remedy).toMatch(remedy);
}

const AGENT: readonly Case<AgentProbes>[] = [
  [
    'its configuration does not exist',
    {
      config: fails(new BanyanError('not-found', 'it does not exist', { remedy: 'sudo banyan-agent init' })),
    },
    ...(['config', 'fail', /does not exist/, /banyan-agent init/] as const),
  ],
  [
    'its configuration has a field that nobody knows',
    { config: is({ settings: AGENT_SETTINGS, warnings: ['an unknown field, `mtuu`'] }) },
    ...(['config', 'warn', /mtuu/, /sudoedit/] as const),
  ],
  [
    'everybody may read its configuration',
    { permissions: is({ mode: 0o644, uid: 0 }) },
    ...(['permissions', 'fail', /mode 644/, /^sudo chmod 600 \/etc\/banyan\/banyan.yaml$/] as const),
  ],
  [
    'everybody may write to its state',
    { permissions: (path) => Promise.resolve({ mode: path.includes('lib') ? 0o777 : 0o600, uid: 0 }) },
    ...(['permissions', 'fail', /mode 777/, /^sudo chmod go-w \/var\/lib\/banyan\/x$/] as const),
  ],
  [
    'its configuration belongs to somebody else',
    { permissions: (path) => Promise.resolve({ mode: 0o600, uid: path.endsWith('yaml') ? 1000 : 0 }) },
    ...(['permissions', 'fail', /banyan.yaml belongs to user 1000/, /^sudo chown 0 .*banyan.yaml$/] as const),
  ],
  [
    'wg and nft are missing',
    { onPath: (program) => Promise.resolve(!['wg', 'nft'].includes(program)) },
    ...(['tools', 'fail', /`wg`, `nft`/, /^sudo apt-get install wireguard-tools nftables$/] as const),
  ],
  [
    'there is no WireGuard',
    { wireguard: is(undefined), device: is(undefined) },
    ...(['wireguard', 'fail', /neither in this kernel/, /apt-get install wireguard-go/] as const),
  ],
  [
    'somebody else routes a part of the control network',
    { surroundings: foreign('10.200.3.0/24') },
    ...(['addresses', 'fail', /10\.200\.3\.0\/24 by tun0/, /ip route show/] as const),
  ],
  [
    'this host routes a part of the container network',
    { hostRoutes: is(['10.201.77.0/24']) },
    ...(['addresses', 'fail', /10\.201\.77\.0\/24/, /^sudo ip route delete 10\.201\.77\.0\/24$/] as const),
  ],
  [
    'this host has a route to a part of the container network, beside ours',
    {
      hostRoutes: is(['10.201.1.0/24']),
      surroundings: is({
        links: [{ name: 'tun0', mtu: 1_500, addresses: ['192.0.2.9'] }],
        routes: ['banyan-wg', 'tun0'].map((device) => ({ destination: '10.201.1.0/24', device })),
      }),
    },
    ...([
      'addresses',
      'fail',
      /10\.201\.1\.0\/24 by itself, to tun0/,
      /^sudo ip route delete 10\.201\.1\.0\/24 dev tun0$/,
    ] as const),
  ],
  [
    'this host refuses what goes to a part of the container network, by a route to no interface',
    {
      hostRoutes: is(['10.201.1.0/24']),
      surroundings: is({ links: [], routes: [{ destination: '10.201.1.0/24', device: 'unreachable' }] }),
    },
    ...(['addresses', 'fail', /to unreachable/, /^sudo ip route delete 10\.201\.1\.0\/24$/] as const),
  ],
  [
    'its own network is a part of that of the containers, whose route is not deleted',
    {
      hostRoutes: is(['10.201.1.0/24']),
      surroundings: is({
        links: [{ name: 'eth0', mtu: 1_500, addresses: ['10.201.1.7'] }],
        routes: [{ destination: '10.201.1.0/24', device: 'eth0' }],
      }),
    },
    ...([
      'addresses',
      'fail',
      /eth0 of this host is in 10\.201\.1\.0\/24/,
      /^ip address show dev eth0\n[^]*vpc_cidr/,
    ] as const),
  ],
  [
    'another program has its port',
    {
      device: is(undefined),
      taken: (protocol, port) => Promise.resolve(protocol === 'udp' && port === 51_820),
    },
    ...(['ports', 'fail', /UDP port 51820/, /ss -lunp/] as const),
  ],
  [
    'its interface listens elsewhere',
    { device: (name) => Promise.resolve(device(name, { listenPort: 40_000 })) },
    ...(['ports', 'warn', /40000, and not on 51820/, /^sudo systemctl restart banyan-agent$/] as const),
  ],
  [
    'its disk is full',
    { space: is({ freeBytes: 5 * MIB, freeInodes: 1_000, isReadOnly: false }) },
    ...(['disk', 'fail', /5 MiB/, /df -h/] as const),
  ],
  [
    'its disk is nearly full',
    { space: is({ freeBytes: 100 * MIB, freeInodes: undefined, isReadOnly: false }) },
    'disk',
    'warn',
    /100 MiB/,
    /df/,
  ],
  [
    'its disk has no inodes',
    { space: is({ freeBytes: 1e12, freeInodes: 3, isReadOnly: false }) },
    'disk',
    'fail',
    /3 more files/,
    /df -i/,
  ],
  [
    'its disk is read-only',
    { space: is({ freeBytes: 1e12, freeInodes: 3e6, isReadOnly: true }) },
    ...(['disk', 'fail', /\/var\/lib\/banyan\/x is read-only/, /\nsudo mount -o remount,rw /] as const),
  ],
  [
    'no agent runs',
    { status: is({ running: false, state: 'not running' }) },
    ...(['service', 'fail', /not running/, /^sudo systemctl start banyan-agent$/] as const),
  ],
  [
    'its agent hangs',
    { answers: fails(new BanyanError('unavailable', 'does not answer', { remedy: 'restart it' })) },
    ...(['service', 'fail', /does not answer/, /restart it/] as const),
  ],
  [
    'its agent is not connected',
    { status: status({ state: 'connecting', last_error: 'connection refused', remedy: 'start it' }) },
    ...(['service', 'fail', /connecting: connection refused/, /start it/] as const),
  ],
  [
    'the engine is away',
    { contact: fails(new BanyanError('unavailable', 'no engine reached')) },
    ...(['engine', 'fail', /no engine reached/, /banyan-engine doctor/] as const),
  ],
  [
    'something drops calls of the engine',
    { contact: fails(new BanyanError('unavailable', 'reached by no path', { cause: new NoAnswer() })) },
    ...([
      'engine',
      'fail',
      /reached by no path/,
      /^On the engine: sudo banyan-engine doctor\n[^]*\nsudo ufw allow 50051\/tcp\n/,
    ] as const),
  ],
  [
    "the engine's key was trusted on first use",
    { config: is({ settings: { ...AGENT_SETTINGS, engineKey: undefined }, warnings: [] }) },
    ...(['engine key', 'warn', /trusted on first use/, /init --keep --engine-wg-public-key/] as const),
  ],
  [
    'its key is not on the whitelist',
    { contact: refusal('unauthenticated', "is not on the engine's whitelist") },
    ...(['whitelist', 'fail', /not on the engine/, /cure/] as const),
  ],
  [
    'its key has expired',
    { contact: refusal('unauthenticated', 'the key of worker-1 has expired') },
    ...(['whitelist', 'fail', /expired/, /cure/] as const),
  ],
  [
    'its key has another role',
    { contact: refusal('forbidden', 'worker-1 has the role cli') },
    ...(['whitelist', 'fail', /has the role cli/, /cure/] as const),
  ],
  [
    'its clock is an hour behind',
    { contact: answer({ engineNowMs: 4_600_000 }) },
    'clock',
    'fail',
    /3600.0 s behind/,
    /set-ntp/,
  ],
  [
    'its clock is ten seconds ahead',
    { contact: answer({ engineNowMs: 990_000 }) },
    'clock',
    'warn',
    /10.0 s ahead of/,
    /set-ntp/,
  ],
  [
    'the engine does not tell its time',
    { contact: answer({ engineNowMs: 0 }) },
    ...(['clock', 'warn', /could not be looked at/, undefined] as const),
  ],
  [
    'UDP 51821 is closed at the engine',
    { tunnelAnswers: is(false) },
    ...([
      'tunnel',
      'fail',
      /UDP port 51821 of 192\.0\.2\.1 is closed/,
      /udp dport 51821 accept[^]*ufw allow 51821\/udp/,
    ] as const),
  ],
  [
    'the way to the engine is narrower than its tunnel',
    { tunnelAnswers: is(false), pathMtu: is(1_400) },
    ...([
      'tunnel',
      'fail',
      /room for 1340 bytes in the tunnel, and the mtu of wg-control is 1420/,
      /^sudo systemctl restart banyan-agent$/,
    ] as const),
  ],
  [
    'its control interface is gone',
    {
      tunnelAnswers: is(false),
      device: (name) => Promise.resolve(name === 'wg-control' ? undefined : device(name)),
    },
    ...(['tunnel', 'fail', /wg-control is not there/, /restart banyan-agent/] as const),
  ],
  [
    'the kernel does not forward',
    { forwarding: is(false) },
    'forwarding',
    'fail',
    /does not forward/,
    /ip_forward=1/,
  ],
  [
    'its firewall table was flushed',
    { tables: is(['banyan_control_agent']) },
    ...(['firewall', 'fail', /lacks banyan_network/, /restart banyan-agent/] as const),
  ],
  [
    'the table of its tunnel was flushed',
    { tables: is(['banyan_network']) },
    ...(['firewall', 'fail', /lacks banyan_control_agent/, /restart banyan-agent/] as const),
  ],
  [
    'another firewall drops what is forwarded',
    { forwardDrops: is([{ chain: 'inet filter forward', knowsUs: false }]) },
    ...([
      'forward policy',
      'fail',
      /inet filter forward drops/,
      /nft insert rule inet filter forward iifname banyan0 accept/,
    ] as const),
  ],
  [
    "Docker's chain does not know it",
    { dockerUser: is([['-j', 'RETURN']]) },
    ...(['docker', 'fail', /does not accept/, /restart banyan-agent/] as const),
  ],
  [
    "Docker's chain ends before it",
    {
      dockerUser: is([
        ['-j', 'DROP'],
        '-i banyan-wg -o banyan0 -m comment --comment banyan -j ACCEPT'.split(' '),
      ]),
    },
    ...(['docker', 'warn', /ends before our rules/, /iptables -S DOCKER-USER/] as const),
  ],
  [
    'the firewall of Docker was flushed',
    {
      dockerUser: is('no chain'),
      surroundings: is({ links: [{ name: 'docker0', mtu: 1_500, addresses: ['172.17.0.1'] }], routes: [] }),
    },
    ...(['docker', 'warn', /docker0 is here .* flushed/, /^sudo systemctl restart docker$/] as const),
  ],
  [
    'its own firewall drops UDP',
    { probeUdp: is({ ...PROBED, admitted: 0 }) },
    ...(['reachable', 'fail', /a firewall of this host drops them/, /udp dport 51820 accept/] as const),
  ],
  [
    'its own firewall drops UDP, and which chain may do so is known',
    {
      probeUdp: is({ ...PROBED, admitted: 0 }),
      inputDrops: is([{ chain: 'ip filter INPUT', shutTo: () => true }]),
    },
    ...([
      'reachable',
      'fail',
      /a firewall of this host drops them/,
      /\nsudo nft insert rule ip filter INPUT udp dport 51820 accept\n/,
    ] as const),
  ],
  [
    'UDP does not arrive',
    { probeUdp: is({ ...PROBED, arrived: 0, admitted: 0 }) },
    ...(['reachable', 'fail', /none of 3 .* 192\.0\.2\.7 arrived/, /let UDP 51820 through/] as const),
  ],
  [
    'the engine sends no datagrams',
    { probeUdp: is({ ...PROBED, sent: 0, arrived: 0, admitted: 0, unsent: 'not registered' }) },
    ...(['reachable', 'warn', /not registered/, /restart/] as const),
  ],
  [
    'it never heard of a peer',
    { links: is([]) },
    'handshakes',
    'fail',
    /worker-2 \(never\)/,
    /banyan-agent doctor/,
  ],
  [
    'a peer was last heard of an hour ago',
    { links: is([link(3_600)]) },
    'handshakes',
    'fail',
    /worker-2 \(60 min ago\)/,
    /doctor/,
  ],
  [
    'the way to a peer is narrow, by what the kernel knows',
    { pathMtu: is(1_400) },
    ...([
      'path MTU',
      'warn',
      /room for 1340 bytes/,
      /mtu: 1340\nsudoedit \/etc\/banyan\/banyan.yaml\nsudo systemctl restart banyan-agent$/,
    ] as const),
  ],
  [
    'large packets do not pass',
    { echo: (_, bytes) => Promise.resolve(bytes <= 1_380) },
    ...([
      'path MTU',
      'fail',
      /of 1420 bytes do not pass to worker-2, and those of 1380 do/,
      /mtu: 1380/,
    ] as const),
  ],
  [
    'only packets pass that are smaller than any mtu',
    { echo: (_, bytes) => Promise.resolve(bytes < 1_280) },
    ...([
      'path MTU',
      'fail',
      /of 1420 bytes do not pass to worker-2, nor those of 1280/,
      /packets of 1340 bytes/,
    ] as const),
  ],
  [
    'a peer answers no echo',
    { echo: is(false) },
    ...(['path MTU', 'warn', /answers no echo/, /^On worker-2: sudo banyan-agent doctor$/] as const),
  ],
  [
    'something differs from the plan',
    { plan: is({ changes: [{ what: 'add peer worker-2 (10.201.1.0/24)', why: 'it is missing' }] }) },
    ...(['drift', 'fail', /add peer worker-2/, /journalctl/] as const),
  ],
  [
    'Docker has a network in the way',
    {
      plan: is({
        changes: [],
        inTheWay: new BanyanError('conflict', 'did not make', { remedy: 'remove it' }),
      }),
    },
    ...(['drift', 'warn', /container runtimes do not find .*did not make/, /remove it/] as const),
  ],
  [
    'it holds the network of another store',
    {
      status: status({
        network: { ...held(), state: 'held', detail: 'another store', remedy: 'banyan-engine adopt' },
      }),
    },
    ...(['drift', 'fail', /held: another store/, /adopt/] as const),
  ],
];

function held() {
  return {
    ...{ subnet: null, vpc_cidr: null, store_id: null, applied_revision: null },
    ...{ links_up: 0, links_wanted: 0 },
  };
}

const ENGINE: readonly Case<EngineProbes>[] = [
  [
    'the engine is not running',
    { status: is({ ...REPORT, running: false }) },
    ...(['service', 'fail', /not running/, /systemctl start banyan-engine/] as const),
  ],
  [
    'the engine hangs',
    { status: fails(new BanyanError('unavailable', 'does not answer', { remedy: 'restart it' })) },
    ...(['service', 'fail', /does not answer/, /restart it/] as const),
  ],
  [
    'the engine warns',
    { status: is({ ...REPORT, warnings: ['another engine uses the same store'] }) },
    ...(['service', 'warn', /another engine/, /banyan-engine status/] as const),
  ],
  [
    'the folder of keys cannot be read',
    { status: is({ ...REPORT, whitelist: { ...REPORT.whitelist, error: 'cannot be read' } }) },
    ...(['whitelist', 'fail', /cannot be read/, /ls -la/] as const),
  ],
  [
    'a key file admits nobody',
    { clients: is([listed(), listed({ state: 'invalid', reason: 'it has no key' })]) },
    ...(['whitelist', 'warn', /invalid: it has no key/, /list-clients/] as const),
  ],
  ['nobody is admitted', { clients: is([]) }, 'whitelist', 'warn', /nobody is admitted yet/, /init/],
  [
    'another program has its TCP port',
    { status: is({ ...REPORT, running: false }), taken: (protocol) => Promise.resolve(protocol === 'tcp') },
    ...(['ports', 'fail', /TCP port 50051/, /ss -ltnp/] as const),
  ],
  [
    'another program has its UDP port',
    { device: is(undefined), taken: (protocol) => Promise.resolve(protocol === 'udp') },
    ...(['ports', 'fail', /UDP port 51821/, /ss -lunp/] as const),
  ],
  [
    'clients are connected, and none by the tunnel',
    { status: is({ ...REPORT, connections: { tunnel: 0, direct: 2 } }) },
    ...(['tunnel', 'fail', /2 connections are direct and none/, /udp dport 51821 accept/] as const),
  ],
  [
    'there is no tunnel',
    { status: is({ ...REPORT, tunnel: { up: false, detail: 'no WireGuard' } }) },
    ...(['tunnel', 'fail', /no WireGuard/, /banyan-engine status/] as const),
  ],
  [
    'its tunnel has no firewall rules',
    { status: is({ ...REPORT, tunnel: { up: true, detail: 'listening, without firewall rules: no nft' } }) },
    ...(['tunnel', 'fail', /without firewall rules/, /nft/] as const),
  ],
  [
    'nobody is connected',
    { status: is({ ...REPORT, connections: { tunnel: 0, direct: 0 } }) },
    ...(['tunnel', 'warn', /not tried from outside/, /doctor/] as const),
  ],
  [
    'somebody routes a part of its container network',
    { surroundings: foreign('10.201.5.0/24') },
    ...(['addresses', 'fail', /10\.201\.5\.0\/24/, /ip route delete/] as const),
  ],
  [
    'everybody may write to the folder of keys',
    {
      permissions: (path) =>
        Promise.resolve({ mode: path === ENGINE_SETTINGS.whitelistedKeysDir ? 0o777 : 0o600, uid: 0 }),
    },
    ...(['permissions', 'warn', /whitelisted-keys is open/, /chmod go-w/] as const),
  ],
  [
    'another firewall drops its TCP port',
    { inputDrops: is([{ chain: 'inet f in', shutTo: (_, port) => port === 50_051 }]) },
    ...([
      'input policy',
      'warn',
      /^inet f in drops .* none is for TCP 50051$/,
      /\nsudo nft insert rule inet f in tcp dport 50051 accept\nsudo ufw allow 50051\/tcp\n/,
    ] as const),
  ],
  [
    'its table was flushed',
    { tables: is([]) },
    'firewall',
    'fail',
    /lacks banyan_control_engine/,
    /restart banyan-engine/,
  ],
];

const CLI: readonly Case<CliProbes>[] = [
  [
    'wg is missing',
    { onPath: (name) => Promise.resolve(name !== 'wg') },
    'tools',
    'warn',
    /`wg`/,
    /wireguard-tools/,
  ],
  [
    'its key has the role of an agent',
    { contact: refusal('forbidden', 'cli-1 has the role agent') },
    ...(['whitelist', 'fail', /role agent/, /cure/] as const),
  ],
  ['UDP 51821 is closed at the engine', { tunnelAnswers: is(false) }, 'tunnel', 'fail', /51821/, /51821/],
  [
    'UDP 51821 is closed at the engine, without a tunnel of a command before',
    { tunnelAnswers: is(false), device: is(undefined) },
    ...(['tunnel', 'fail', /51821/, /51821/] as const),
  ],
  [
    'the engine has a new key, and no command has used the tunnel since',
    {
      tunnelAnswers: is(false),
      device: is(device('wg-control', { peers: [controlPeer(generateKey().publicKey)] })),
    },
    ...(['tunnel', 'warn', /had before/, /banyan-cli status/] as const),
  ],
];

describe.each([
  ['an agent', CHECKS.agent, agentSays, AGENT],
  ['the engine', CHECKS.engine, engineSays, ENGINE],
  ['an operator', CHECKS.cli, cliSays, CLI],
] as [
  string,
  readonly { name: string }[],
  (broken: object) => Promise<readonly Examined[]>,
  readonly Case<object>[],
][])('doctor of %s', (who, checks, says, cases) => {
  it.each(cases)('names that %s', async (...given) => {
    expectNamed(await says(given[1]), given);
  });

  if (who !== 'an operator') {
    it('has a broken thing here for every one of its checks', () => {
      const shared = AGENT.map(([, , check]) => check);
      const named = new Set([...cases.map(([, , check]) => check), ...shared, NOT_HERE]);
      expect(checks.map(({ name }) => name).filter((name) => !named.has(name))).toEqual([]);
    });
  }
});

describe('a tunnel that does not answer', () => {
  it('is no closed port where the engine does not admit the key', async () => {
    for (const says of [agentSays, cliSays]) {
      const broken = { contact: refusal('unauthenticated', 'has expired'), tunnelAnswers: is(false) };
      const tunnel = (await says(broken)).find(({ check }) => check === 'tunnel');
      expect(tunnel).toEqual({
        check: 'tunnel',
        state: 'warn',
        detail: 'could not be looked at: the engine has it for those that it admits',
      });
    }
  });
});

describe('a check whose probe fails', () => {
  it('says so, and the others say what they find', async () => {
    const all = await agentSays({
      tables: fails(new BanyanError('host', '`nft` is not installed', { remedy: 'x' })),
    });
    expect(unwell(all)).toEqual([
      {
        check: 'firewall',
        state: 'warn',
        detail: 'could not be looked at: `nft` is not installed',
        remedy: 'x',
      },
    ]);
  });

  it('is a peer that is off beside one that is not', async () => {
    const off = generateKey().publicKey;
    const known = (await agent().network())!;
    const [peer] = known.network.peers;
    const peers = [
      peer!,
      { ...peer!, name: 'worker-3', publicKey: off, subnet: Subnet.parse('10.201.2.0/24') },
    ];
    const all = await agentSays({ network: is({ ...known, network: { ...known.network, peers } }) });
    expect(unwell(all)).toMatchObject([{ check: 'handshakes', state: 'warn' }]);
    expect(PEER.equals(off)).toBe(false);
  });
});
