import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkoutRoot } from '../lab/checkout.js';
import type { Host, Process } from '../lab/index.js';

const DAEMON_SAYS: Record<string, RegExp> = {
  'banyan-engine': /ready on TCP/,
  'banyan-agent': /started, key/,
};

/**
 * `systemctl` on hosts that have no systemd: runs what the unit in `packaging/systemd` says, and stops it. That the units
 * do the same under systemd itself is shown by scripts/test-vm.
 */
export class Services {
  readonly #running = new Map<string, Process>();

  /** @param args as `enable --now banyan-guard banyan-agent`. @throws Error for what is not known here. */
  async systemctl(host: Host, args: readonly string[]): Promise<void> {
    const [verb = '', ...rest] = args;
    if (verb === 'daemon-reload') return;
    const now = rest.includes('--now');
    const units = rest.filter((each) => each !== '--now');
    const stops = ['stop', 'restart'].includes(verb) || (verb === 'disable' && now);
    const starts = ['start', 'restart'].includes(verb) || (verb === 'enable' && now);
    if (units.length === 0 || (!stops && !starts))
      throw new Error(`what is \`systemctl ${args.join(' ')}\`?`);
    if (stops) for (const unit of units) await this.#stop(host, unit);
    if (starts) for (const unit of units) await this.#start(host, unit);
  }

  isRunning(host: Host, name: string): boolean {
    const daemon = this.#running.get(`${host.name} ${name}`);
    return daemon !== undefined && daemon.result === undefined;
  }

  /** What a unit has written since it was started. */
  journal(host: Host, name: string): string {
    const daemon = this.#running.get(`${host.name} ${name}`);
    return daemon ? daemon.stdout + daemon.stderr : '';
  }

  async #start(host: Host, name: string): Promise<void> {
    if (this.isRunning(host, name)) return;
    const unit = await readFile(join(checkoutRoot(), `packaging/systemd/${name}.service`), 'utf8');
    const values = (key: string) =>
      [...unit.matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].map(([, value]) => value!);
    const condition = values('ConditionPathExists')[0];
    if (condition !== undefined && (await host.run(['test', '-e', condition])).exitCode !== 0) return;
    for (const line of values('ExecStart')) {
      const argv = line
        .replace(/^-/, '')
        .replace(/^\/usr\/s?bin\//, '')
        .split(' ');
      if (values('Type')[0] === 'oneshot') {
        const { exitCode } = await host.run(argv);
        if (exitCode !== 0 && !line.startsWith('-')) throw new Error(`${name} ended with ${exitCode}`);
      } else {
        const daemon = host.spawn(argv);
        this.#running.set(`${host.name} ${name}`, daemon);
        await daemon.says(DAEMON_SAYS[name]!);
      }
    }
  }

  async #stop(host: Host, name: string): Promise<void> {
    await this.#running.get(`${host.name} ${name}`)?.stop();
    this.#running.delete(`${host.name} ${name}`);
  }
}
