import { CHECKOUT } from '../lab/checkout.js';
import { until, type Account, type Host, type Process } from '../lab/index.js';
import { echoesNot } from '../dataplane/traffic.js';
import { ping } from '../dataplane/worker.js';
import { addServer, everyoneIsBack, handshakes, type Server } from '../e2e/mesh-network.js';
import {
  agentIs,
  agentStatus,
  CONFIG,
  GRPC_PORT,
  json,
  KEYS_DIRECTORY,
  operatorStatus,
  PrivateNetwork,
} from '../e2e/private-network.js';

/** Where the engine is while somebody else has its address. */
const ELSEWHERE = '192.0.2.201';
const CERTIFICATE = '/run/trusted';
/**
 * Who stands in between while the agent registers is taken for its address, and others are told so, at any time after.
 * They are back where they were by its next packet, which is a keepalive at the latest: 25 s.
 */
const HEARD_AGAIN_MS = 90_000;

/** Asks an engine who it is, without any encryption. */
const HEALTH = `
  const [at] = process.argv.slice(1);
  const session = require('node:http2').connect(at);
  const headers = { ':method': 'POST', ':path': '/banyan.v1.EngineService/Health', 'content-type': 'application/grpc', te: 'trailers' };
  session.request(headers).on('data', () => process.exit()).end(Buffer.alloc(5));`;

/** Whether this host trusts who answers there, as programs that know no better do. */
const TRUSTS = `
  const [host, port] = process.argv.slice(1);
  const socket = require('node:tls').connect({ host, port: Number(port), ALPNProtocols: ['h2'] });
  socket.on('error', (error) => { console.log(error.code); process.exit(); });
  socket.on('secureConnect', () => { console.log('trusted ' + socket.authorized); process.exit(); });`;

describe('an agent whose engine somebody else pretends to be', () => {
  let network: PrivateNetwork;
  let one: Server;
  let two: Server;
  let mallory: Host;
  let ada: Account;
  let laptop: Host;
  let trusting: { NODE_EXTRA_CA_CERTS: string };
  /** The number of `banyan-wg`: one that is made again has another. */
  let made: string;

  beforeAll(async () => {
    network = await PrivateNetwork.create('false-engine');
    await network.startEngine();
    mallory = await network.lab.host('mallory');
    // Or the address that was added last goes with the one that was there first.
    for (const host of [network.engine, mallory])
      await host.output(['sysctl', '-qw', 'net.ipv4.conf.all.promote_secondaries=1']);
    one = await addServer(network, 'worker-1');
    two = await addServer(network, 'worker-2');
    ada = await one.host.asUser(2000);
    laptop = await network.host('cli', 'laptop');
    await network.addClient('ada', await network.init('cli', ada, { pinned: false }));
    await agentIs(one.host, { state: 'connected', channel: 'tunnel' });
    await makeCertificate();
    await one.agent.stop();
    one.agent = await network.startAgent(one.host, trusting);
    await talkOn();
    made = await interfaceNumber();
  });
  afterAll(() => network?.destroy());

  const talks = () => ping(two.container.inside, one.container.address);
  const talkOn = () => until(talks, { timeout: HEARD_AGAIN_MS, what: 'containers talk on' });
  const interfaceNumber = () => one.host.output(['cat', '/sys/class/net/banyan-wg/ifindex']);
  const engineAt = () => `${network.engine.address}:${GRPC_PORT}`;

  /** A certificate for the engine's address that the agent's host trusts. */
  async function makeCertificate(): Promise<void> {
    await mallory.output([
      ...[
        'openssl',
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-nodes',
        '-days',
        '1',
      ],
      ...['-subj', `/CN=${network.engine.address}`, '-addext', `subjectAltName=IP:${network.engine.address}`],
      ...['-keyout', `${CERTIFICATE}.key`, '-out', `${CERTIFICATE}.pem`],
    ]);
    const text = await mallory.readFile(`${CERTIFICATE}.pem`);
    await one.host.writeFile(`${CERTIFICATE}.pem`, text, 0o644);
    trusting = { NODE_EXTRA_CA_CERTS: `${CERTIFICATE}.pem` };
  }

  /** The control tunnel's packets are lost on the way; those of the container network are not. */
  async function blockControlTunnel(): Promise<void> {
    await one.host.output(['nft', '-f', '-'], {
      input: `table inet lab_tunnel {
        chain in { type filter hook prerouting priority -400; udp sport 51821 drop; }
        chain out { type filter hook postrouting priority 400; udp dport 51821 drop; }
      }`,
    });
  }

  /** Who has the address of the engine is who answers on it. */
  async function takeOver(taken: boolean): Promise<void> {
    const [from, to] = taken ? [network.engine, mallory] : [mallory, network.engine];
    const address = (host: Host, what: string, text: string) =>
      host.output(['ip', 'address', what, `${text}/24`, 'dev', 'eth0']);
    await address(network.engine, taken ? 'add' : 'del', ELSEWHERE);
    await address(from, 'del', network.engine.address);
    await address(to, 'add', network.engine.address);
    for (const host of [one.host, two.host, mallory, network.engine])
      await host.output(['ip', 'neigh', 'flush', 'dev', 'eth0']);
  }

  async function falseEngine(kind: string, ...more: string[]): Promise<Process> {
    const program = `${CHECKOUT}/dist/test/adversary/false-engine.js`;
    const server = mallory.spawn(['node', program, String(GRPC_PORT), network.engineKey, kind, ...more]);
    await server.says('listening');
    return server;
  }

  /** Whoever has lost the address of its other end has to notice that by itself. */
  const noticed = () => agentIs(one.host, { state: 'connecting' });

  const meetings = (server: Process) => server.stdout.match(/^met$/gm)?.length ?? 0;

  it('is connected all the same when its tunnel is blocked, proves and encrypts as before, and says so', async () => {
    const wire = await network.lab.capture(one.host);
    await blockControlTunnel();
    const status = await agentIs(one.host, { state: 'connected', channel: 'direct' });
    expect(status.network).toMatchObject({ state: 'ready' });
    expect(await one.host.output(['banyan-agent', 'status'])).toMatch(/direct/);
    await one.host.output(['node', '-e', HEALTH, `http://${engineAt()}`]);
    await wire.stop();
    // What is in the answer to Register and in the network, as text in any protobuf message.
    for (const secret of ['10.201.0.0/16', 'worker-2', two.key])
      expect(await wire.contains(secret)).toBe(false);
    expect(await wire.packets(`tcp port ${GRPC_PORT}`)).not.toEqual([]);
    // It would have been seen, as what was asked without proof is.
    expect(await wire.contains(network.engineKey)).toBe(true);
  });

  describe('keeps its network, for nobody has proven to it that it is refused', () => {
    /** How much the agent had said when this began. */
    let said = 0;
    beforeAll(async () => {
      await operatorStatus(ada);
      await takeOver(true);
      await noticed();
      said = one.agent.stderr.length;
    });
    afterAll(() => takeOver(false));

    it.each<[string, string[]]>([
      ['a plain server that refuses it in the words of the engine', ['plain']],
      ['a server with a certificate that its host trusts', ['certificate', CERTIFICATE]],
      ['alerts of TLS', ['alert']],
      ['somebody in between who lets the handshake pass', ['relay', ELSEWHERE]],
    ])('%s', async (_, kind) => {
      const server = await falseEngine(...(kind as [string, ...string[]]));
      if (kind[0] === 'certificate') {
        const trust = ['node', '-e', TRUSTS, network.engine.address, String(GRPC_PORT)];
        expect(await one.host.output(trust, { env: trusting })).toBe('trusted true\n');
      }
      // A certificate meets nobody: the handshake ends before a call.
      const handshakesSeen = async () =>
        kind[0] === 'certificate'
          ? (await agentStatus(one.host)).last_error?.includes('did not prove')
          : meetings(server) >= 2;
      await until(handshakesSeen, { what: 'the agent has tried' });
      await stays();
      await server.stop();
    });

    it('another engine that has admitted it', async () => {
      await mallory.output(['banyan-engine', 'init']);
      await mallory.writeFile(`${KEYS_DIRECTORY}/worker-1.pub`, `${one.key}\n`);
      const engine = mallory.spawn(['banyan-engine', 'start']);
      await engine.says(/ready on TCP/);
      await until(async () => /says its key is/.test((await agentStatus(one.host)).last_error ?? ''), {
        what: 'the agent has met the other engine',
      });
      // Who trusted the first that answered trusts no second one.
      const refused = await ada.run(['banyan-cli', 'status']);
      expect(refused.exitCode).toBe(1);
      expect(refused.stderr).toContain('was pinned at first use');
      await stays();
      expect(engine.stderr).not.toContain('agent.online worker-1');
      await engine.stop();
    });

    async function stays(): Promise<void> {
      expect((await agentStatus(one.host)).state).toBe('connecting');
      expect(one.agent.stderr.slice(said)).not.toContain('connected as');
      await talkOn();
      expect(await interfaceNumber()).toBe(made);
      expect(one.agent.stderr).not.toContain('not admitted any more');
    }
  });

  it('is connected to its own engine again, once that can be reached', async () => {
    await agentIs(one.host, { state: 'connected' });
    expect(await operatorStatus(ada)).toMatchObject({ identity: 'ada' });
    // The other agent was led astray too, and the next test needs both.
    await everyoneIsBack(laptop, [one, two]);
    // The engine has told others of its address again, or is about to.
    await talkOn();
  });

  it('is rid of a revoked agent that keeps its own network up', async () => {
    await talkOn();
    await two.agent.signal('SIGKILL');
    await two.agent.ended;
    const receipt = await json(network.engine, ['banyan-engine', 'remove-client', '--name', 'worker-2']);
    expect(receipt).toMatchObject({ applied: ['worker-1'] });
    const bridge = await network.lab.capture(one.host, 'banyan0');
    // All is as it was there, and its packets leave.
    expect(Object.keys(await handshakes(two.host))).toEqual([one.key]);
    const wire = await network.lab.capture(two.host);
    await echoesNot(two.container.inside, one.container.address);
    // Nor does it help to begin anew.
    await two.host.output(['ip', 'link', 'set', 'banyan-wg', 'down']);
    await two.host.output(['ip', 'link', 'set', 'banyan-wg', 'up']);
    await two.host.output(['ip', 'route', 'replace', '10.201.0.0/24', 'dev', 'banyan-wg']);
    await echoesNot(two.container.inside, one.container.address);
    await Promise.all([bridge.stop(), wire.stop()]);
    expect(await wire.packets(`src ${two.host.address} and udp port 51820`)).not.toEqual([]);
    expect(await bridge.packets(`host ${two.container.address}`)).toEqual([]);
    expect(Object.keys(await handshakes(one.host))).toEqual([]);
  });

  it('takes its network down when its own engine refuses it: that is what the others wanted', async () => {
    await network.engine.removeFile(`${KEYS_DIRECTORY}/worker-1.pub`);
    await agentIs(one.host, { state: 'refused' });
    await until(async () => (await one.host.run(['ip', 'link', 'show', 'banyan-wg'])).exitCode === 1, {
      what: 'worker-1 takes its network down',
    });
    expect(one.agent.stderr).toContain('not admitted any more');
    expect(await one.host.readFile(CONFIG)).toContain('engine_host');
  });
});
