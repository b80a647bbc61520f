import type { HostNetwork, Link, NetworkRoute, Path, Surroundings } from '../host-network.js';

/** The network of a host that exists in memory: one Ethernet of 1500 bytes with the default route. */
export class MemoryNetwork implements HostNetwork {
  links: Link[] = [{ name: 'eth0', mtu: 1500, addresses: ['192.0.2.7'] }];
  routes: NetworkRoute[] = [{ destination: '0.0.0.0/0', device: 'eth0' }];
  path: Path | undefined = { device: 'eth0' };
  /** Aliases given, by interface. */
  readonly aliases = new Map<string, string>();

  read(): Promise<Surroundings> {
    const labelled = [...this.aliases].map(([name, alias]) => ({ name, alias, mtu: 1420, addresses: [] }));
    return Promise.resolve({ links: [...this.links, ...labelled], routes: this.routes });
  }

  pathTo(): Promise<Path | undefined> {
    return Promise.resolve(this.path);
  }

  label(name: string, alias: string): Promise<void> {
    this.aliases.set(name, alias);
    return Promise.resolve();
  }
}
