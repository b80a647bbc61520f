import type { PrivateKey, PublicKey } from '#crypto';
import type { LogSettings } from '#log';
import type { Subnet } from '#network';
import type { ListenAddress, Role } from './fields.js';

export type StoreBackend = 'embedded' | 'etcd';
/** Which plain connections may identify themselves by the header alone. */
export type HeaderAuth = 'local' | 'anywhere' | 'never';

/**
 * How the engine and its etcd know each other. Files are paths: they are read when the store is opened, so that
 * a command that does not need it does not fail for them.
 */
export interface StoreAccess {
  readonly username?: string | undefined;
  /** Given with `username`, and only then. */
  readonly passwordFile?: string | undefined;
  /** Of the authorities that etcd's certificate may be from; absent: those of this host. */
  readonly caFile?: string | undefined;
  readonly certFile?: string | undefined;
  /** Given with `certFile`, and only then. */
  readonly keyFile?: string | undefined;
}

/** How much callers may take from the engine. */
export interface EngineLimits {
  /** Connections whose caller is not known, or not admitted: of all, and of one address. */
  readonly unknownConnections: number;
  readonly unknownPerAddress: number;
  /** Of one admitted key: open connections, calls at a time, calls a second. */
  readonly connectionsPerClient: number;
  readonly callsPerClient: number;
  readonly callRatePerClient: number;
}

interface OwnSettings {
  /** The file these were read from. */
  readonly configPath: string;
  readonly privateKey: PrivateKey;
  readonly stateDir: string;
}

export interface EngineSettings extends OwnSettings {
  readonly role: 'engine';
  readonly formerPublicKeys: readonly PublicKey[];
  readonly whitelistedKeysDir: string;
  readonly grpcPort: number;
  readonly wgListenPort: number;
  readonly storeBackend: StoreBackend;
  /** URLs of etcd, one for each member; of no use to the embedded store. */
  readonly storeAddresses: readonly string[];
  readonly storeAccess: StoreAccess;
  readonly headerAuth: HeaderAuth;
  /** Whether components may replace their own key. */
  readonly keyRotation: 'allow' | 'deny';
  /** All containers of all agents. */
  readonly vpcCidr: Subnet;
  /** Length of the prefix of each agent's part of it. */
  readonly subnetPrefix: number;
  readonly limits: EngineLimits;
  /** Where Prometheus finds figures; undefined: nowhere. */
  readonly metricsListen?: ListenAddress | undefined;
  /** What the log tells, and how; undefined: as by default. */
  readonly log?: LogSettings | undefined;
  readonly runDir: string;
}

interface ClientSettings extends OwnSettings {
  /** IP address or host name. */
  readonly engineHost: string;
  readonly enginePort: number;
  readonly engineWgPort: number;
  /** Absent: the first contact decides, and stays unconfirmed. */
  readonly engineKey: PublicKey | undefined;
}

export interface AgentSettings extends ClientSettings {
  readonly role: 'agent';
  /** Where other agents reach this host; absent: where the engine sees it. */
  readonly hostIp: string | undefined;
  /** UDP port of `banyan-wg`. */
  readonly wgPort: number;
  /** Of `banyan-wg`, the bridge and the containers, bytes. */
  readonly mtu: number;
  /** Whether containers of other hosts reach services of this one. */
  readonly hostAccess: boolean;
  /** Where Prometheus finds figures; undefined: nowhere. */
  readonly metricsListen?: ListenAddress | undefined;
  /** What the log tells, and how; undefined: as by default. */
  readonly log?: LogSettings | undefined;
  readonly runDir: string;
}

export interface CliSettings extends ClientSettings {
  readonly role: 'cli';
}

/** The settings of a role: keys are keys and ports are numbers; nothing downstream parses text again. */
export type SettingsOf<R extends Role> = {
  engine: EngineSettings;
  agent: AgentSettings;
  cli: CliSettings;
}[R];
