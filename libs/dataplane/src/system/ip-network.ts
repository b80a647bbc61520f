import { BanyanError } from '#errors';
import { runOrThrow, type Run } from '#host';
import { runIpBatch } from '#wireguard';
import type { HostNetwork, NetworkStep, Surroundings } from '../host-network.js';
import { parseHostRoutes, parseLinks, parseRoutingRules } from './parse-surroundings.js';

/** The network of this host, by `ip`. */
export function ipNetwork(run: Run): HostNetwork {
  return new IpNetwork(run);
}

class IpNetwork implements HostNetwork {
  constructor(private readonly run: Run) {}

  async read(): Promise<Surroundings> {
    const [links, routes, rules] = await Promise.all([
      runOrThrow(this.run, 'ip', ['-json', '-details', 'address', 'show']),
      runOrThrow(this.run, 'ip', ['-json', '-4', 'route', 'show']),
      runOrThrow(this.run, 'ip', ['-json', '-4', 'rule', 'show']),
    ]);
    return { links: parseLinks(links), routes: parseHostRoutes(routes), rules: parseRoutingRules(rules) };
  }

  async carryOut(steps: readonly NetworkStep[]): Promise<void> {
    if (steps.length === 0) return;
    const failures = await runIpBatch(
      this.run,
      steps.map(({ line }) => line),
    );
    const [failure] = failures;
    if (!failure) return;
    const { what } = steps[failure.index] ?? steps[0]!;
    throw new BanyanError('host', `cannot ${what}: ${failure.message}`);
  }
}
