import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { access, constants, readFile, stat, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { release } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { callUnary, openEngine, tunnelAnswers, type EngineConnection, type TunnelPath } from '#channel';
import { loadConfig, type AgentSettings, type CliSettings, type Role, type SettingsOf } from '#config';
import { iptables } from '#dataplane';
import { asBanyanError, BanyanError, codeOf, messageOf } from '#errors';
import { exclusively, run, runOrThrow } from '#host';
import { SILENT } from '#log';
import { ClientTunnel, systemTunnelHost } from '#tunnel';
import { NetworkCache } from '../../../agent/src/network/network-cache.js';
import { askForLogLevel } from '../agent/agent-socket.js';
import { dataPlaneOf, networkPlan } from '../agent/network-plan.js';
import { agentReport } from '../agent/status-report.js';
import { OwnTunnel } from '../cli/own-tunnel.js';
import { runningEngine } from '../engine/admin-socket.js';
import { clients } from '../engine/clients.js';
import { engineReport } from '../engine/status-report.js';
import { countDatagrams } from './datagram-counter.js';
import { forwardDropsIn, inputDropsIn } from './other-firewalls.js';
import type {
  Admission,
  AgentProbes,
  CliProbes,
  ClientProbes,
  Contact,
  EngineProbes,
  HostProbes,
  Space,
} from './probes.js';

/** The probes of this host. The one file of the doctor that asks it. */

const CALL_TIMEOUT_MS = 6_000;
/** An agent has its hands full at times, for a second. */
const ANSWER_MS = 5_000;
const LOCK = '/run/banyan/doctor.lock';
const PROGRAMS = ['wireguard-go', 'boringtun-cli'];

/** Several checks want the same answer, and each question costs a process or a connection. */
function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined;
  return () => {
    answer ??= ask();
    // Whoever asks sees it fail; while nobody does, that is no reason to end the process.
    answer.catch(() => undefined);
    return answer;
  };
}

function hostProbes<R extends Role>(role: R, configPath: string): HostProbes<R> {
  const { devices, network } = systemTunnelHost(run);
  const uid = process.geteuid?.() ?? 0;
  const surroundings = once(() => network.read());
  const ruleset = once(() => runOrThrow(run, 'nft', ['-j', 'list', 'ruleset']));
  const device = {
    'wg-control': once(() => devices.get('wg-control')),
    'banyan-wg': once(() => devices.get('banyan-wg')),
  };
  return {
    role,
    uid,
    root: uid === 0,
    configPath,
    config: once(() => loadConfig(role, configPath, { untouched: true })),
    permissions,
    onPath,
    device: (name) => device[name as keyof typeof device](),
    wireguard: once(wireguard),
    surroundings,
    space,
    taken,
    tables: once(ourTables),
    forwardDrops: async () => forwardDropsIn(await ruleset()),
    inputDrops: async () => inputDropsIn(await ruleset()),
  };
}

export function engineProbes(configPath: string): EngineProbes {
  const host = hostProbes('engine', configPath);
  const engine = once(async () => runningEngine((await host.config()).settings));
  return {
    ...host,
    status: once(async () => engineReport((await host.config()).settings, await engine())),
    clients: once(async () => (await clients((await host.config()).settings, await engine())).clients),
  };
}

export function agentProbes(configPath: string): AgentProbes {
  const host = hostProbes('agent', configPath);
  const settings = async (): Promise<AgentSettings> => (await host.config()).settings;
  const open = once(async () => openEngine({ ...(await settings()), pins: false }, SILENT));
  const dataPlane = once(async () => dataPlaneOf(await settings()));
  const ask = async (engine: EngineConnection, cookie: Buffer) =>
    callUnary(engine.engine, 'probe', { cookie }, engine.metadata(), CALL_TIMEOUT_MS);
  return {
    ...host,
    ...clientProbes(host, open, async (engine) => {
      const { name, nowMs } = await ask(engine, Buffer.alloc(0));
      return { name, engineNowMs: nowMs };
    }),
    // To bring it up is the agent's business.
    tunnelAnswers: once(async () => answersIn(await settings(), asItIs(await settings(), host))),
    status: once(async () => agentReport((await settings()).runDir)),
    answers: async () => void (await askForLogLevel(await settings(), { level: '', forMs: 0 }, ANSWER_MS)),
    network: once(async () => new NetworkCache((await settings()).stateDir).peek()),
    links: once(async () => (await dataPlane()).links()),
    plan: once(async () => networkPlan(await settings())),
    hostRoutes: once(async () => (await dataPlane()).hostRoutes()),
    forwarding: async () => (await readFile('/proc/sys/net/ipv4/ip_forward', 'utf8')).trim() === '1',
    dockerUser: () => iptables(run).read(),
    probeUdp: async () => {
      const [engine, { wgPort }, device] = await Promise.all([
        open(),
        settings(),
        host.device('banyan-wg').catch(() => undefined),
      ]);
      // The engine sends to the port with which the agent runs: the configuration may name another by now.
      const port = device?.listenPort ?? wgPort;
      const cookie = randomBytes(16);
      const counted = await exclusively(
        LOCK,
        'the firewall of the doctor',
      )(() =>
        countDatagrams(run, port, cookie, async () => {
          const answer = await ask(engine, cookie);
          return { awaited: answer.sent, answer };
        }),
      );
      return { ...counted.answer, arrived: counted.arrived, admitted: counted.admitted };
    },
    echo,
  };
}

export function cliProbes(configPath: string): CliProbes {
  const host = hostProbes('cli', configPath);
  const settings = async (): Promise<CliSettings> => (await host.config()).settings;
  const open = once(async () => openEngine({ ...(await settings()), pins: false }, SILENT));
  return {
    ...host,
    ...clientProbes(host, open, async (engine) => {
      const { identity, nowMs } = await engine.call('status', {});
      return { name: identity, engineNowMs: nowMs };
    }),
    tunnelAnswers: once(async () => {
      const { channel } = await open();
      if (channel === 'loopback') return false;
      const mine = await settings();
      // Before one is made, so that other checks tell of this host as it was found.
      const isThere = (await host.device('wg-control')) !== undefined;
      const answers = isThere ? await answersIn(mine, asItIs(mine, host)) : await answersInOneFor(mine);
      // The next command looks, and does not rely on what one before has seen.
      if (!answers) await new OwnTunnel(mine).forget();
      return answers;
    }),
  };
}

type Ask = (engine: EngineConnection) => Promise<Pick<Admission, 'name' | 'engineNowMs'>>;

function clientProbes<R extends 'agent' | 'cli'>(
  { surroundings }: HostProbes<R>,
  open: () => Promise<EngineConnection>,
  ask: Ask,
): Pick<ClientProbes<R>, 'contact' | 'pathMtu'> {
  const { network } = systemTunnelHost(run);
  return {
    contact: once(async (): Promise<Contact> => {
      const engine = await open();
      const { channel, address, engineKey, engineKeyConfirmed: keyConfirmed } = engine;
      return {
        channel,
        address,
        engineKey,
        keyConfirmed,
        answer: await timed(engine, ask).catch(asBanyanError),
      };
    }),
    pathMtu: async (address) => {
      const path = await network.pathTo(address);
      const { links } = await surroundings();
      return path && (path.mtu ?? links.find(({ name }) => name === path.device)?.mtu);
    },
  };
}

async function timed(engine: EngineConnection, ask: Ask): Promise<Admission> {
  const [sentAt, sent] = [Date.now(), performance.now()];
  const answer = await ask(engine);
  const roundTripMs = performance.now() - sent;
  return { ...answer, ownNowMs: sentAt + roundTripMs / 2, roundTripMs };
}

async function answersIn(settings: SettingsOf<'agent' | 'cli'>, tunnel: TunnelPath): Promise<boolean> {
  return settings.engineKey !== undefined && tunnelAnswers(settings, settings.engineKey, tunnel);
}

/** The tunnel that another command, or the agent, has brought up. */
function asItIs(
  { privateKey }: SettingsOf<'agent' | 'cli'>,
  { device }: Pick<HostProbes, 'device'>,
): TunnelPath {
  return {
    up: async () => {
      const control = await device('wg-control');
      return { up: control?.publicKey?.equals(privateKey.publicKey) === true, detail: '' };
    },
  };
}

/**
 * In a tunnel that is made for the question, as the next command of this operator would make one, and gone with the
 * answer. @throws BanyanError `host` when there cannot be one.
 */
async function answersInOneFor(settings: CliSettings): Promise<boolean> {
  const { privateKey } = settings;
  const tunnel = new ClientTunnel({ host: systemTunnelHost(run), log: SILENT, role: 'cli', privateKey });
  try {
    const answers = await answersIn(settings, tunnel);
    const { up, detail } = tunnel.state;
    if (answers || up) return answers;
    throw new BanyanError('host', `there is no tunnel: ${detail}`, { remedy: 'sudo banyan-cli status' });
  } finally {
    await tunnel.down();
  }
}

async function permissions(path: string): Promise<{ mode: number; uid: number } | undefined> {
  try {
    const { mode, uid } = await stat(path);
    return { mode: mode & 0o7777, uid };
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function onPath(program: string): Promise<boolean> {
  return (await placeOf(program)) !== undefined;
}

async function placeOf(program: string): Promise<string | undefined> {
  const places = program.includes('/')
    ? [program]
    : (process.env['PATH'] ?? '')
        .split(delimiter)
        .filter(Boolean)
        .map((place) => join(place, program));
  for (const place of places) if (await exists(place, constants.X_OK)) return place;
  return undefined;
}

function exists(path: string, mode: number): Promise<boolean> {
  return access(path, mode).then(
    () => true,
    () => false,
  );
}

async function wireguard(): Promise<{ kind: 'kernel' | 'userspace'; version: string } | undefined> {
  if (await kernelHasWireguard()) {
    const version = await readFile('/sys/module/wireguard/version', 'utf8').catch(() => '');
    return { kind: 'kernel', version: `${version.trim()} of kernel ${release()}`.trim() };
  }
  const chosen = process.env['WG_QUICK_USERSPACE_IMPLEMENTATION'];
  for (const program of chosen ? [chosen] : PROGRAMS) {
    const place = await placeOf(program);
    if (place === undefined) continue;
    const said = await run(place, ['--version'], { timeout: 3_000 }).catch(() => undefined);
    return { kind: 'userspace', version: said?.stdout.split('\n', 1)[0]?.trim() || program };
  }
  return undefined;
}

async function kernelHasWireguard(): Promise<boolean> {
  if (await exists('/sys/module/wireguard', constants.F_OK)) return true;
  // Not loaded yet: the first interface loads it.
  const known = await run('modinfo', ['--field', 'name', 'wireguard']).catch(() => undefined);
  return known?.exitCode === 0;
}

async function space(directory: string): Promise<Space> {
  try {
    const { bavail, bsize, files, ffree } = await statfs(directory);
    const isReadOnly = await access(directory, constants.W_OK).then(
      () => false,
      (error: unknown) => codeOf(error) === 'EROFS',
    );
    return { freeBytes: bavail * bsize, freeInodes: files === 0 ? undefined : ffree, isReadOnly };
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' || directory === '/') throw error;
    return space(dirname(directory));
  }
}

function taken(protocol: 'tcp' | 'udp', port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void =>
      codeOf(error) === 'EADDRINUSE' ? resolve(true) : reject(new Error(messageOf(error)));
    if (protocol === 'tcp') {
      const server = createServer().once('error', failed);
      server.listen({ port, exclusive: true }, () => server.close(() => resolve(false)));
    } else {
      const socket = createSocket('udp4').once('error', failed);
      socket.bind({ port, exclusive: true }, () => socket.close(() => resolve(false)));
    }
  });
}

async function ourTables(): Promise<string[]> {
  const listed = await runOrThrow(run, 'nft', ['list', 'tables', 'inet']);
  return listed.split('\n').flatMap((line) => /^table inet (banyan_[a-z_]+)$/.exec(line.trim())?.[1] ?? []);
}

/** @param bytes of the whole IP packet: 28 are its header and that of ICMP. */
async function echo(address: string, bytes: number): Promise<boolean> {
  const sizes = ['-M', 'do', '-s', String(bytes - 28)];
  const { exitCode } = await run('ping', ['-n', '-q', '-c', '3', '-i', '0.2', '-W', '1', ...sizes, address]);
  return exitCode === 0;
}
