import { Lab, until, type Account, type Family, type Host, type Process } from '../lab/index.js';

export const CONFIG = '/etc/banyan/banyan.yaml';
export const KEYS_DIRECTORY = '/etc/banyan/whitelisted-keys';
export const GRPC_PORT = 50_051;

export type Channel = 'tunnel' | 'direct' | 'loopback';

export interface AgentStatus {
  readonly running: boolean;
  readonly name: string | null;
  readonly state: 'connected' | 'connecting' | 'refused' | 'not running';
  readonly channel: Channel | null;
  /** Absent while no agent runs. */
  readonly public_key?: string;
  readonly tunnel: { readonly up: boolean; readonly detail: string };
  /** Absent while no agent runs. */
  readonly network?: { readonly state: string; readonly subnet: string | null };
  readonly containers?: { readonly detail: string | null; readonly remedy: string | null };
  readonly last_error: string | null;
  readonly remedy: string | null;
}

export interface OperatorStatus {
  readonly channel: Channel;
  readonly identity: string;
  readonly engine: { readonly public_key: string; readonly fingerprint: string };
}

interface JoinOptions {
  /** Whitelist name; the host's when absent. */
  readonly name?: string;
  /** Whether the component is told the engine's key, which is what enables its tunnel; true when absent. */
  readonly pinned?: boolean;
  readonly engineHost?: string;
}

/** An engine on a host of its own and whoever joins it, all of them the real programs with real WireGuard. */
export class PrivateNetwork {
  engineKey = '';
  private running: Process | undefined;

  private constructor(
    readonly lab: Lab,
    readonly engine: Host,
  ) {}

  /** The engine is initialised; it is not started yet. @param family IP version between the hosts. */
  static async create(name: string, family: Family = 4): Promise<PrivateNetwork> {
    const lab = await Lab.create(name, family);
    try {
      const network = new PrivateNetwork(lab, await lab.host('engine'));
      network.engineKey = await publicKeyFrom(network.engine, ['banyan-engine', 'init']);
      return network;
    } catch (error) {
      await lab.destroy();
      throw error;
    }
  }

  /** The engine's process. */
  get daemon(): Process {
    if (!this.running) throw new Error('the engine was not started');
    return this.running;
  }

  /** Starts the engine and waits until it says that it is ready. */
  async startEngine(env: NodeJS.ProcessEnv = {}): Promise<Process> {
    this.running = this.engine.spawn(['banyan-engine', 'start'], { env });
    await this.running.says(/ready on TCP/);
    return this.running;
  }

  /** A host with one role that the engine admits. */
  async host(role: 'agent' | 'cli', name: string, options: JoinOptions = {}): Promise<Host> {
    const host = await this.lab.host(name);
    await this.join(role, host, options);
    return host;
  }

  /** `init` on a host, and `add-client` on the engine. @returns its public key. */
  async join(role: 'agent' | 'cli', host: Host, options: JoinOptions = {}): Promise<string> {
    const key = await this.init(role, host, options);
    await this.addClient(options.name ?? host.name, key);
    return key;
  }

  /** @returns the public key that was made. */
  async init(
    role: 'agent' | 'cli',
    host: Account,
    { pinned = true, engineHost = this.engine.address }: JoinOptions = {},
  ): Promise<string> {
    const pin = pinned ? ['--engine-wg-public-key', this.engineKey] : [];
    return publicKeyFrom(host, [`banyan-${role}`, 'init', '--engine-host', engineHost, ...pin]);
  }

  /** @returns what the command printed. */
  addClient(name: string, key: string, ...more: string[]): Promise<string> {
    return this.engine.output(['banyan-engine', 'add-client', '--name', name, '--pubkey', key, ...more]);
  }

  /** Starts an agent and waits until the engine has welcomed it. */
  async startAgent(host: Host, env: NodeJS.ProcessEnv = {}): Promise<Process> {
    const agent = host.spawn(['banyan-agent', 'start'], { env });
    await agent.says(/connected as /);
    return agent;
  }

  /** What the engine tells an operator about its agents, by name. */
  async agents(operator: Account): Promise<Record<string, string>> {
    const list = await json<{ name: string; state: string }[]>(operator, ['banyan-cli', 'agents']);
    return Object.fromEntries(list.map(({ name, state }) => [name, state]));
  }

  destroy(): Promise<void> {
    return this.lab.destroy();
  }
}

/** Runs a command with `--json`. */
export async function json<T>(on: Account, command: readonly string[]): Promise<T> {
  return JSON.parse(await on.output([...command, '--json'])) as T;
}

export function agentStatus(on: Account): Promise<AgentStatus> {
  return json(on, ['banyan-agent', 'status']);
}

export function operatorStatus(on: Account): Promise<OperatorStatus> {
  return json(on, ['banyan-cli', 'status']);
}

/** Waits until the status of an agent that runs says so: one that was killed leaves its last. @param timeout milliseconds. */
export function agentIs(
  on: Account,
  wanted: Pick<AgentStatus, 'state'> & Partial<AgentStatus>,
  timeout = 60_000,
): Promise<AgentStatus> {
  return until(
    async () => {
      const status = await agentStatus(on);
      if (isLike(status, { running: true, ...wanted })) return status;
      throw new Error(JSON.stringify(status));
    },
    { timeout, what: `the agent on ${on.name} is ${JSON.stringify(wanted)}` },
  );
}

/**
 * Waits until an operator's command goes this way. A tunnel that has not taken the connection within a second has lost
 * its head start, which is soon where a machine is busy.
 */
export function operatorGoes(on: Account, channel: Channel): Promise<OperatorStatus> {
  return until(
    async () => {
      const status = await operatorStatus(on);
      if (isLike(status, { channel })) return status;
      throw new Error(JSON.stringify(status));
    },
    { what: `a command on ${on.name} goes by ${channel}` },
  );
}

/**
 * Waits until a command of an operator is refused for this reason; it is for some reason every time. What the engine
 * has for a key is asked for within a second, and left out where a busy machine is slower.
 */
export async function operatorIsRefused(on: Account, why: string): Promise<void> {
  let admitted = false;
  await until(
    async () => {
      const { exitCode, stderr } = await on.run(['banyan-cli', 'status']);
      admitted ||= exitCode === 0;
      if (stderr.includes(why)) return true;
      throw new Error(stderr);
    },
    { what: `a command on ${on.name} is refused: ${why}` },
  );
  if (admitted) throw new Error(`a command on ${on.name} was not refused every time: ${why}`);
}

function isLike<T extends object>(actual: T, wanted: Partial<T>): boolean {
  return Object.entries(wanted).every(([name, value]) => actual[name as keyof T] === value);
}

/**
 * Waits until a program writes a line that it has not written before this call. It may be awaited late: that it gives
 * up before does not end the tests.
 */
export function nextLine(from: Process, pattern: RegExp, timeout = 60_000): Promise<void> {
  const before = { stdout: from.stdout.length, stderr: from.stderr.length };
  const next = until(
    () => pattern.test(from.stdout.slice(before.stdout)) || pattern.test(from.stderr.slice(before.stderr)),
    { timeout, what: `\`${from.command}\` says ${String(pattern)} once more` },
  ).then(() => undefined);
  next.catch(() => undefined);
  return next;
}

/** Seconds since the epoch of a peer's latest handshake at `wg-control` (wg(8)); undefined: no such peer. */
export async function latestHandshake(on: Host, peer: string): Promise<number | undefined> {
  const peers = await on.output(['wg', 'show', 'wg-control', 'latest-handshakes']);
  const line = peers.split('\n').find((each) => each.startsWith(peer));
  return line === undefined ? undefined : Number(line.split('\t')[1]);
}

async function publicKeyFrom(on: Account, init: readonly string[]): Promise<string> {
  return (await json<{ public_key: string }>(on, init)).public_key;
}
