import { existsSync } from 'node:fs';
import { Account } from './account.js';
import { Capture } from './capture.js';
import { Host } from './host.js';
import { Namespace } from './namespace.js';

/** What addresses the underlay has: documentation prefixes (RFC 5737, RFC 3849), which no real network has. */
const UNDERLAYS = {
  4: { base: '192.0.2.', options: [], length: 24 },
  6: { base: '2001:db8::', options: ['nodad'], length: 64 },
};

export type Family = keyof typeof UNDERLAYS;

/**
 * Hosts and the network between them, "the underlay": one Ethernet switch, itself a namespace, with a cable
 * to `eth0` of every host. One IP version only and silent, so that a capture shows what the hosts say and nothing else.
 */
export class Lab {
  private readonly hosts: Host[] = [];
  private captures = 0;

  private constructor(
    private readonly name: string,
    private readonly switchSpace: Namespace,
    private readonly switchboard: Account,
    private readonly family: Family,
  ) {}

  /**
   * @param name for messages. @param family IP version of the underlay.
   * @throws Error when namespaces cannot be made here (root is needed).
   */
  static async create(name: string, family: Family = 4): Promise<Lab> {
    const space = await Namespace.create();
    const board = new Account(`${name} switch`, space.networkEntrance, process.env);
    try {
      await board.output(['ip', 'link', 'add', 'br0', 'type', 'bridge', 'mcast_snooping', '0']);
      await raise(board, 'br0');
    } catch (error) {
      await space.destroy();
      throw error;
    }
    return new Lab(name, space, board, family);
  }

  /** A new host, plugged into the switch; every host finds every other by its name, in /etc/hosts. */
  async host(name: string): Promise<Host> {
    if (!/^[a-z][a-z0-9-]{0,30}$/.test(name)) throw new Error(`${name} is not a host name`);
    if (this.hosts.some((other) => other.name === name))
      throw new Error(`${this.name} has a host ${name} already`);
    const host = await Host.create(name, `${UNDERLAYS[this.family].base}${this.hosts.length + 1}`);
    this.hosts.push(host);
    await this.plugIn(host, `port${this.hosts.length}`);
    const known = this.hosts.map((each) => `${each.address} ${each.name}\n`).join('');
    for (const each of this.hosts) await each.writeFile('/etc/hosts', `127.0.0.1 localhost\n${known}`, 0o644);
    return host;
  }

  /** Records what passes an interface of a host, both ways; `eth0` is its cable. */
  async capture(host: Host, device = 'eth0'): Promise<Capture> {
    this.captures += 1;
    return await Capture.start(host, device, `/run/.lab/${device}-${this.captures}.pcap`);
  }

  /** Pulls a host's cable, or plugs it in again; the host sees its link go down. */
  async setCable(host: Host, plugged: boolean): Promise<void> {
    const port = `port${this.hosts.indexOf(host) + 1}`;
    await this.switchboard.output(['ip', 'link', 'set', port, plugged ? 'up' : 'down']);
  }

  /** Ends every host and the switch. @throws Error that names what is left, after everything was tried. */
  async destroy(): Promise<void> {
    const ends = await Promise.allSettled([...this.hosts, this.switchSpace].map((part) => part.destroy()));
    await this.switchboard.drained();
    this.hosts.length = 0;
    const failures = ends.filter((end) => end.status === 'rejected').map((end) => end.reason as unknown);
    if (failures.length > 0) throw new AggregateError(failures, `the lab ${this.name} left something behind`);
  }

  private async plugIn(host: Host, port: string): Promise<void> {
    const { pid, networkEntrance } = host.network;
    const cable = ['type', 'veth', 'peer', 'name', 'eth0', 'netns', String(pid)];
    await this.switchboard.output(['ip', 'link', 'add', port, ...cable]);
    await this.switchboard.output(['ip', 'link', 'set', port, 'master', 'br0']);
    await raise(this.switchboard, port);
    const cabled = new Account(host.name, networkEntrance, process.env);
    const { length, options } = UNDERLAYS[this.family];
    await cabled.output(['ip', 'address', 'add', `${host.address}/${length}`, 'dev', 'eth0', ...options]);
    await raise(cabled, 'eth0');
  }
}

/** Up, without the router solicitations that IPv6 would put on the wire; some kernels have no IPv6. */
async function raise(on: Account, device: string): Promise<void> {
  if (existsSync('/proc/sys/net/ipv6')) await on.output(['ip', 'link', 'set', device, 'addrgenmode', 'none']);
  await on.output(['ip', 'link', 'set', device, 'up']);
}
