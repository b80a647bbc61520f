import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { Host } from '../lab/index.js';
import { namespaceOf } from '../lab/proc.js';

/** As short as it can be without keeping everything else from running. */
const PAUSE_MS = 20;

/** Collects arguments and environment of every process on some hosts, again and again until it is told to end. */
export class ProcessWatch {
  /** What was seen, each text once; NUL ends each argument and variable. */
  readonly seen = new Set<string>();
  private timer: NodeJS.Timeout | undefined;

  private constructor(private readonly networks: ReadonlySet<string>) {}

  static async start(hosts: readonly Host[]): Promise<ProcessWatch> {
    const networks = await Promise.all(hosts.map(({ network }) => namespaceOf(network.pid, 'net')));
    const watch = new ProcessWatch(new Set(networks.filter((name) => name !== undefined)));
    watch.look();
    return watch;
  }

  end(): void {
    clearTimeout(this.timer);
  }

  /** Synchronous: what runs `wg` is gone in milliseconds. */
  private look(): void {
    for (const pid of readdirSync('/proc')) {
      if (!/^\d+$/.test(pid)) continue;
      try {
        if (!this.networks.has(readlinkSync(`/proc/${pid}/ns/net`))) continue;
        for (const file of ['cmdline', 'environ'])
          this.seen.add(readFileSync(`/proc/${pid}/${file}`, 'utf8'));
      } catch {
        // It has ended.
      }
    }
    this.timer = setTimeout(() => this.look(), PAUSE_MS);
  }
}
