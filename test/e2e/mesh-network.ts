import { until, type Host, type Process } from '../lab/index.js';
import { makeContainer, type Container } from '../dataplane/container.js';
import { agentIs, agentStatus, json, PrivateNetwork } from './private-network.js';

export interface ListedAgent {
  readonly name: string;
  readonly public_key: string;
  readonly subnet: string;
  readonly endpoint: string;
  readonly state: string;
  readonly applied_revision: number;
  readonly links_up: number;
  readonly links_wanted: number;
}

/** A server with an agent and a container on it. */
export interface Server {
  readonly host: Host;
  readonly key: string;
  agent: Process;
  readonly container: Container;
}

/** Joins a host of this name to the network, and puts a container on it. */
export async function addServer(
  network: PrivateNetwork,
  name: string,
  env: NodeJS.ProcessEnv = {},
): Promise<Server> {
  const host = await network.lab.host(name);
  const key = await network.join('agent', host);
  const agent = await network.startAgent(host, env);
  const subnet = await readySubnet(host);
  const [network3] = /^\d+\.\d+\.\d+\./.exec(subnet)!;
  const container = await makeContainer(host, {
    name: 'web',
    port: 'veth-web',
    address: `${network3}2/24`,
    gateway: `${network3}1`,
  });
  return { host, key, agent, container };
}

/** Waits until this host is the network. @returns its subnet. */
export async function readySubnet(host: Host): Promise<string> {
  return until(
    async () => {
      const { network } = await agentStatus(host);
      if (network?.state === 'ready' && network.subnet !== null) return network.subnet;
      throw new Error(JSON.stringify(network));
    },
    { what: `the network of ${host.name} is ready` },
  );
}

/**
 * Waits until the engine lists every one of these as online and all of one revision, and each says itself that it is
 * connected and its network is ready.
 * Where a test has ended an engine or an agent, those that it did not wait for may still be on their way back when the
 * next one begins.
 */
export async function everyoneIsBack(
  operator: Host,
  servers: readonly Pick<Server, 'host'>[],
): Promise<void> {
  await until(
    async () => {
      const listed = await listedAgents(operator);
      const here = listed.filter(({ name }) => servers.some(({ host }) => host.name === name));
      const revisions = new Set(here.map(({ applied_revision: revision }) => revision));
      const online = here.filter(({ state }) => state === 'online');
      if (online.length === servers.length && revisions.size <= 1) return true;
      throw new Error(JSON.stringify(listed));
    },
    { what: 'the engine lists every agent as online, and none of them behind' },
  );
  for (const { host } of servers) {
    await agentIs(host, { state: 'connected' });
    await readySubnet(host);
  }
}

export async function restartAgent(network: PrivateNetwork, server: Server): Promise<void> {
  server.agent = await network.startAgent(server.host);
  await agentIs(server.host, { state: 'connected' });
}

export function listedAgents(operator: Host): Promise<ListedAgent[]> {
  return json(operator, ['banyan-cli', 'agents']);
}

/** Seconds since the epoch by public key, of `banyan-wg`. */
export async function handshakes(host: Host): Promise<Record<string, number>> {
  const shown = await host.output(['wg', 'show', 'banyan-wg', 'latest-handshakes']);
  const lines = shown.trim() === '' ? [] : shown.trim().split('\n');
  return Object.fromEntries(lines.map((line) => line.split('\t')).map(([key, time]) => [key!, Number(time)]));
}

/** Pings while something happens, and until the last of it had time to be answered. @param interval seconds. */
export async function lossOf(
  from: Container,
  to: Container,
  interval: number,
  during: () => Promise<unknown>,
): Promise<{ sent: number; lost: number }> {
  const pings = await SteadyPing.start(from, to, interval);
  await during();
  return pings.end();
}

/** Pings five times a second until it is told to end. */
export class SteadyPing {
  private constructor(private readonly process: Process) {}

  static async start(from: Container, to: Container, interval = 0.2): Promise<SteadyPing> {
    const process = from.inside.spawn(['ping', '-n', '-i', String(interval), '-W', '1', to.address]);
    await process.says(/icmp_seq=2 /);
    return new SteadyPing(process);
  }

  /** @returns how many had been sent until now, and how many of them were not answered, with time for the last of them. */
  async end(): Promise<{ sent: number; lost: number }> {
    // "sent/received packets, …", upon this signal (ping(8)).
    await this.process.signal('SIGQUIT');
    const counted = /(\d+)\/\d+ packets/;
    await this.process.says(counted);
    const sent = Number(counted.exec(this.process.stdout + this.process.stderr)![1]);
    const answered = () =>
      new Set(
        Array.from(this.process.stdout.matchAll(/bytes from .*icmp_seq=(\d+) /g), ([, seq]) => Number(seq)),
      );
    // Who answers a later one has answered those before, or never will. Where nobody answers any more, all is lost.
    await until(() => Math.max(...answered()) > sent, { what: 'a later one is answered' }).catch(() => 0);
    await this.process.signal('SIGINT');
    await this.process.ended;
    const lost = Array.from({ length: sent }, (_, n) => n + 1).filter((seq) => !answered().has(seq));
    return { sent, lost: lost.length };
  }
}
