import type { AgentSettings, CliSettings, EngineSettings, Loaded, Role } from '#config';
import type { PublicKey } from '#crypto';
import type { DockerChain, LinkState } from '#dataplane';
import type { BanyanError } from '#errors';
import type { Surroundings } from '#tunnel';
import type { ActualDevice } from '#wireguard';
import type { KnownNetwork } from '../../../agent/src/network/network-cache.js';
import type { NetworkPlan } from '../agent/network-plan.js';
import type { AgentReport } from '../agent/status-report.js';
import type { ListedClient } from '../client-table.js';
import type { EngineReport } from '../engine/status-report.js';

/** What checks ask. Each answer is as it is now; a probe that cannot tell rejects, and the check says why. */
export interface HostProbes<R extends Role = Role> {
  readonly role: R;
  /** Who runs doctor. */
  readonly uid: number;
  readonly root: boolean;
  readonly configPath: string;
  /** @throws BanyanError as `loadConfig`, which it is; the file is left as it is. */
  readonly config: () => Promise<Loaded<R>>;
  /** Permission bits and owner; undefined when there is no such file. */
  readonly permissions: (
    path: string,
  ) => Promise<{ readonly mode: number; readonly uid: number } | undefined>;
  readonly onPath: (program: string) => Promise<boolean>;
  /** An interface of WireGuard; undefined when there is none. */
  readonly device: (name: string) => Promise<ActualDevice | undefined>;
  /** What WireGuard this host has, whether or not it is in use; undefined: none. */
  readonly wireguard: () => Promise<
    { readonly kind: 'kernel' | 'userspace'; readonly version: string } | undefined
  >;
  readonly surroundings: () => Promise<Surroundings>;
  /** Of the file system that a directory is on, or will be on. */
  readonly space: (directory: string) => Promise<Space>;
  /** Whether somebody has this port. */
  readonly taken: (protocol: 'tcp' | 'udp', port: number) => Promise<boolean>;
  /** Names of our tables in the firewall. */
  readonly tables: () => Promise<readonly string[]>;
  /** Chains of others on the way of what is forwarded that drop what none of their rules accepts, as `inet filter forward`. */
  readonly forwardDrops: () => Promise<readonly ForwardDrop[]>;
  /** Chains of others that drop some of what comes in. */
  readonly inputDrops: () => Promise<readonly InputDrop[]>;
}

export interface InputDrop {
  readonly chain: string;
  /** Whether it drops what comes to a port, as far as its rules tell. */
  readonly shutTo: (protocol: 'tcp' | 'udp', port: number) => boolean;
}

export interface Space {
  readonly freeBytes: number;
  readonly freeInodes: number | undefined;
  readonly isReadOnly: boolean;
}

export interface ForwardDrop {
  readonly chain: string;
  /** Whether a rule of it names the bridge, or Docker's own chain, in which we accept ours. */
  readonly knowsUs: boolean;
}

/** What came of calling the engine over TCP, around the tunnel. */
export interface Contact {
  readonly channel: 'direct' | 'loopback' | 'tunnel';
  /** IP address of the engine's host. */
  readonly address: string;
  readonly engineKey: PublicKey;
  readonly keyConfirmed: boolean;
  /** What the proven engine said of this key. */
  readonly answer: Admission | BanyanError;
}

export interface Admission {
  readonly name: string;
  /** Milliseconds since the epoch; 0 from an engine that does not say. */
  readonly engineNowMs: number;
  /** Milliseconds since the epoch, in the middle of the call. */
  readonly ownNowMs: number;
  readonly roundTripMs: number;
}

export interface ClientProbes<R extends 'agent' | 'cli' = 'agent' | 'cli'> extends HostProbes<R> {
  /** @throws BanyanError `unavailable` when no engine with the right key is reached. */
  readonly contact: () => Promise<Contact>;
  /** Whether the engine answers in the tunnel now. */
  readonly tunnelAnswers: () => Promise<boolean>;
  /** MTU of the kernel's way to an address, bytes; undefined: no way. */
  readonly pathMtu: (address: string) => Promise<number | undefined>;
}

/** What became of the datagrams that the engine was asked for. */
export interface Probed {
  readonly address: string;
  readonly port: number;
  readonly sent: number;
  readonly unsent: string;
  /** Before any firewall of this host. */
  readonly arrived: number;
  /** Behind all of them. */
  readonly admitted: number;
}

export interface AgentProbes extends ClientProbes<'agent'> {
  readonly status: () => Promise<AgentReport>;
  /** @throws BanyanError when the running agent does not answer. */
  readonly answers: () => Promise<void>;
  /** What the agent knows; undefined: nothing yet. */
  readonly network: () => Promise<KnownNetwork | undefined>;
  readonly links: () => Promise<readonly LinkState[]>;
  /** What the agent would change. */
  readonly plan: () => Promise<NetworkPlan>;
  /** Destinations that this host routes by itself. */
  readonly hostRoutes: () => Promise<readonly string[]>;
  readonly forwarding: () => Promise<boolean>;
  readonly dockerUser: () => Promise<DockerChain>;
  readonly probeUdp: () => Promise<Probed>;
  /** Whether an address answers an echo of this many bytes of IP that may not be cut up. */
  readonly echo: (address: string, bytes: number) => Promise<boolean>;
}

export type CliProbes = ClientProbes<'cli'>;

export interface EngineProbes extends HostProbes<'engine'> {
  readonly status: () => Promise<EngineReport>;
  readonly clients: () => Promise<readonly ListedClient[]>;
}

export type { AgentSettings, CliSettings, EngineSettings };
