import { DEFAULT_LIMITS } from '#channel';
import type { AgentSettings, CliSettings, EngineSettings } from '#config';
import { tunnelAddress } from '#crypto';
import { generateKey } from '#crypto/generate';
import { Subnet } from '#network';
import type { ActualDevice, ActualPeer } from '#wireguard';
import type { AgentStatus } from '../../../../agent/src/status-file.js';
import type { EngineReport } from '../../engine/status-report.js';
import type { AgentProbes, CliProbes, Contact, EngineProbes, HostProbes } from '../probes.js';

/** Probes of a network on which nothing is wrong, for tests that break one thing of it. */

export const OWN = generateKey();
export const ENGINE = generateKey().publicKey;
export const PEER = generateKey().publicKey;
const CONFIG = '/etc/banyan/banyan.yaml';
const VPC = Subnet.parse('10.201.0.0/16');

const own = { configPath: CONFIG, privateKey: OWN, stateDir: '/var/lib/banyan/x' };
const calls = { engineHost: 'engine', enginePort: 50_051, engineWgPort: 51_821, engineKey: ENGINE };
export const AGENT_SETTINGS: AgentSettings = {
  ...{ ...own, ...calls, role: 'agent', hostIp: undefined, wgPort: 51_820, mtu: 1_420 },
  ...{ hostAccess: false, metricsListen: undefined, runDir: '/run/banyan-agent' },
};
const CLI_SETTINGS: CliSettings = { ...own, ...calls, role: 'cli' };
export const ENGINE_SETTINGS: EngineSettings = {
  ...{ ...own, role: 'engine', formerPublicKeys: [], whitelistedKeysDir: '/etc/banyan/whitelisted-keys' },
  ...{
    grpcPort: 50_051,
    wgListenPort: 51_821,
    storeBackend: 'embedded',
    storeAddresses: [],
    storeAccess: {},
  },
  ...{
    headerAuth: 'local',
    keyRotation: 'allow',
    vpcCidr: VPC,
    subnetPrefix: 24,
    limits: DEFAULT_LIMITS,
    runDir: '/run/banyan-engine',
  },
};

export function device(name: string, more: Partial<ActualDevice> = {}): ActualDevice {
  return {
    ...{ name, implementation: 'kernel', publicKey: OWN.publicKey, up: true, mtu: 1_420 },
    ...{ addresses: [], peers: [], routes: [], listenPort: name === 'banyan-wg' ? 51_820 : 51_821 },
    ...more,
  };
}

/** The engine as peer of `wg-control`. */
export function controlPeer(publicKey = ENGINE): ActualPeer {
  return { publicKey, allowedIps: [], receivedBytes: 0, sentBytes: 0 };
}

const host: Omit<HostProbes, 'role' | 'config' | 'device'> = {
  uid: 0,
  root: true,
  configPath: CONFIG,
  permissions: (path) => Promise.resolve({ mode: path === CONFIG ? 0o600 : 0o755, uid: 0 }),
  onPath: () => Promise.resolve(true),
  wireguard: () => Promise.resolve({ kind: 'kernel', version: '1.0.0 of kernel 6.1' }),
  surroundings: () =>
    Promise.resolve({
      links: [
        { name: 'eth0', mtu: 1_500, addresses: ['192.0.2.7'] },
        { name: 'wg-control', mtu: 1_420, addresses: [tunnelAddress(OWN.publicKey)] },
      ],
      routes: [{ destination: '10.200.0.1/32', device: 'wg-control' }],
    }),
  space: () => Promise.resolve({ freeBytes: 10 * 1024 ** 3, freeInodes: 1_000_000, isReadOnly: false }),
  taken: () => Promise.resolve(false),
  tables: () =>
    Promise.resolve([
      'banyan_control_agent',
      'banyan_control_cli',
      'banyan_control_engine',
      'banyan_network',
    ]),
  forwardDrops: () => Promise.resolve([]),
  inputDrops: () => Promise.resolve([]),
};

export const CONTACT: Contact = {
  ...{ channel: 'direct', address: '192.0.2.1', engineKey: ENGINE, keyConfirmed: true },
  answer: { name: 'worker-1', engineNowMs: 1_000_000, ownNowMs: 1_000_000, roundTripMs: 2 },
};

const client = {
  contact: () => Promise.resolve(CONTACT),
  tunnelAnswers: () => Promise.resolve(true),
  pathMtu: () => Promise.resolve(1_500),
};

const STATUS: AgentStatus & { running: boolean } = {
  ...{
    running: true,
    name: 'worker-1',
    state: 'connected',
    channel: 'tunnel',
    last_error: null,
    remedy: null,
  },
  engine: { host: 'engine', port: 50_051, public_key: ENGINE.text, key_confirmed: true },
  public_key: OWN.publicKey.text,
  tunnel_address: tunnelAddress(OWN.publicKey),
  tunnel: { up: true, detail: '' },
  network: {
    ...{ state: 'ready', detail: null, remedy: null, subnet: '10.201.0.0/24', vpc_cidr: VPC.text },
    ...{ store_id: 's', applied_revision: 1, links_up: 1, links_wanted: 1 },
  },
  containers: { detail: null, remedy: null },
  links: [],
  ...{ since_ms: 0, pid: 1, version: '0.1.0', written_at_ms: 0 },
};

export function agent(broken: Partial<AgentProbes> = {}): AgentProbes {
  const peer = {
    name: 'worker-2',
    publicKey: PEER,
    subnet: Subnet.parse('10.201.1.0/24'),
    host: '192.0.2.8',
  };
  return {
    ...host,
    ...client,
    role: 'agent',
    config: () => Promise.resolve({ settings: AGENT_SETTINGS, warnings: [] }),
    device: (name) => Promise.resolve(device(name)),
    status: () => Promise.resolve(STATUS),
    answers: () => Promise.resolve(),
    network: () =>
      Promise.resolve({
        network: {
          ...{ storeId: 's', revision: 1, vpcCidr: VPC, subnet: Subnet.parse('10.201.0.0/24') },
          peers: [{ ...peer, atEngine: false, port: 51_820, endpointRevision: 1 }],
        },
        engineKey: ENGINE,
        engineAddress: '192.0.2.1',
      }),
    links: () => Promise.resolve([link()]),
    plan: () => Promise.resolve({ changes: [] }),
    hostRoutes: () => Promise.resolve(['192.0.2.0/24', '10.0.0.0/8']),
    forwarding: () => Promise.resolve(true),
    dockerUser: () => Promise.resolve('no chain'),
    probeUdp: () => Promise.resolve(PROBED),
    echo: () => Promise.resolve(true),
    ...broken,
  };
}

export const PROBED = { address: '192.0.2.7', port: 51_820, sent: 3, unsent: '', arrived: 3, admitted: 3 };

export function status(more: Partial<AgentStatus & { running: boolean }>): AgentProbes['status'] {
  return () => Promise.resolve({ ...STATUS, ...more });
}

/** @param age of its last handshake, seconds. */
export function link(age = 10) {
  const handshakeAgeMs = age * 1_000;
  return { publicKey: PEER, endpoint: '192.0.2.8:51820', handshakeAgeMs, receivedBytes: 1, sentBytes: 1 };
}

export function operator(broken: Partial<CliProbes> = {}): CliProbes {
  return {
    ...host,
    ...client,
    role: 'cli',
    config: () => Promise.resolve({ settings: CLI_SETTINGS, warnings: [] }),
    device: (name) =>
      Promise.resolve(name === 'wg-control' ? device(name, { peers: [controlPeer()] }) : undefined),
    ...broken,
  };
}

export const REPORT: EngineReport = {
  ...{ running: true, version: '0.1.0', public_key: OWN.publicKey.text, fingerprint: '', started_at_ms: 0 },
  ...{ grpc_port: 50_051, store_backend: 'embedded', header_auth: 'local', network: null, warnings: [] },
  tunnel: { up: true, detail: 'listening on UDP port 51821' },
  whitelist: { directory: '/etc/banyan/whitelisted-keys', error: null, admitted: 1, refused: 0 },
  agents: { online: 1, total: 1 },
  connections: { tunnel: 1, direct: 0 },
  previous_key: null,
};

export function engine(broken: Partial<EngineProbes> = {}): EngineProbes {
  return {
    ...host,
    role: 'engine',
    config: () => Promise.resolve({ settings: ENGINE_SETTINGS, warnings: [] }),
    device: (name) => Promise.resolve(name === 'wg-control' ? device(name) : undefined),
    status: () => Promise.resolve(REPORT),
    clients: () => Promise.resolve([listed()]),
    ...broken,
  };
}

export function listed(more: { state?: string; reason?: string } = {}) {
  const { state = 'admitted', reason = null } = more;
  return {
    ...{ name: 'worker-1', public_key: PEER.text, tunnel_address: tunnelAddress(PEER), state, reason },
    ...{ role: 'agent', expires: null, note: null, last_seen: null },
  };
}
