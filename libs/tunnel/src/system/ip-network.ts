import { isIP } from 'node:net';
import { runOrThrow, type Run } from '#host';
import type { HostNetwork, Path, Surroundings } from '../host-network.js';
import { parseLinks, parsePath, parseRoutes } from './parse-network.js';

/** The network of this host, by `ip`. The one file here that runs a program. */
export function ipNetwork(run: Run): HostNetwork {
  return new IpNetwork(run);
}

class IpNetwork implements HostNetwork {
  constructor(private readonly run: Run) {}

  async read(): Promise<Surroundings> {
    const [links, routes] = await Promise.all([
      runOrThrow(this.run, 'ip', ['-json', '-details', 'address', 'show']),
      runOrThrow(this.run, 'ip', ['-json', '-4', 'route', 'show', 'table', 'all']),
    ]);
    return { links: parseLinks(links), routes: parseRoutes(routes) };
  }

  async pathTo(address: string): Promise<Path | undefined> {
    if (isIP(address) === 0) return undefined;
    const { exitCode, stdout } = await this.run('ip', ['-json', 'route', 'get', address]);
    return exitCode === 0 ? parsePath(stdout) : undefined;
  }

  async label(name: string, alias: string): Promise<void> {
    await runOrThrow(this.run, 'ip', ['link', 'set', 'dev', name, 'alias', alias]);
  }
}
