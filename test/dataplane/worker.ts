import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateKey } from '#crypto/generate';
import { Turns } from '#host';
import type { DataPlane, DesiredDataPlane } from '#dataplane';
import { Subnet, type Network, type NetworkPeer } from '#network';
import { HostDataPlane } from '../../libs/dataplane/src/host-data-plane.js';
import { systemDataPlaneHost } from '../../libs/dataplane/src/system/data-plane-host.js';
import type { Account, Host } from '../lab/index.js';
import { runOn } from '../wireguard/run-on.js';
import { makeContainer, type Container } from './container.js';
import { followOn } from './follow-on.js';

export const PORT = 51_820;
const VPC = Subnet.parse('10.201.0.0/16');

/** A test host with a data plane of its own: what an agent would have. */
export class Worker {
  readonly privateKey = generateKey();
  readonly subnet: Subnet;
  readonly said: string[] = [];
  plane: DataPlane;
  #containers = 0;

  private constructor(
    readonly host: Host,
    number: number,
    readonly stateDir: string,
  ) {
    this.subnet = VPC.part(number, 24);
    this.plane = this.newPlane();
  }

  /** @param number of its subnet: 10.201.NUMBER.0/24. */
  static async create(host: Host, number: number): Promise<Worker> {
    return new Worker(host, number, await mkdtemp(join(tmpdir(), 'banyan-data-plane-')));
  }

  get gateway(): string {
    return this.subnet.address(1);
  }

  /** Another run of the agent. The lock, a file of this machine, is between the planes of one worker. */
  newPlane(): DataPlane {
    const turns = new Turns();
    const host = {
      ...systemDataPlaneHost(runOn(this.host), followOn(this.host), this.stateDir),
      exclusively: <T>(work: () => Promise<T>) => turns.take(work),
    };
    return new HostDataPlane(host, { say: (_, message) => this.said.push(message) });
  }

  /** As the others know it. */
  peer(changes: Partial<NetworkPeer> = {}): NetworkPeer {
    return {
      name: this.host.name,
      publicKey: this.privateKey.publicKey,
      subnet: this.subnet,
      host: this.host.address,
      atEngine: false,
      port: PORT,
      endpointRevision: 1,
      ...changes,
    };
  }

  desired(peers: readonly NetworkPeer[], changes: Partial<DesiredDataPlane> = {}): DesiredDataPlane {
    const network: Network = { storeId: 'test', revision: 1, vpcCidr: VPC, subnet: this.subnet, peers };
    return {
      network,
      privateKey: this.privateKey,
      listenPort: PORT,
      mtu: 1420,
      hostAccess: false,
      ...changes,
    };
  }

  /** What of these workers' network is to be here. */
  among(workers: readonly Worker[], changes: Partial<DesiredDataPlane> = {}): DesiredDataPlane {
    return this.desired(
      workers.filter((other) => other !== this).map((other) => other.peer()),
      changes,
    );
  }

  container(): Promise<Container> {
    const number = ++this.#containers;
    const address = `${this.subnet.address(number + 1)}/24`;
    return makeContainer(this.host, {
      name: `c${number}`,
      port: `veth${number}`,
      address,
      gateway: this.gateway,
    });
  }

  /** By public key, seconds since the epoch; 0 for none. */
  async handshakes(): Promise<Map<string, number>> {
    const shown = await this.host.output(['wg', 'show', 'banyan-wg', 'latest-handshakes']);
    const lines = shown
      .trim()
      .split('\n')
      .map((line) => line.split('\t'));
    return new Map(lines.map(([key = '', time]) => [key, Number(time)]));
  }

  async destroy(): Promise<void> {
    await rm(this.stateDir, { recursive: true, force: true });
  }
}

/** Whether an echo comes back, of one each second: the first may be lost to a handshake or a slow machine. For none: `echoesNot`. */
export async function ping(from: Account, to: string): Promise<boolean> {
  return (await from.run(['ping', '-c', '1', '-w', '30', to])).exitCode === 0;
}
