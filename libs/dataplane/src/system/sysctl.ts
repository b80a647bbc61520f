import { BanyanError } from '#errors';
import { runOrThrow, type Run } from '#host';
import type { Kernel, KernelKey, KernelSettings } from '../kernel-settings.js';
import { INTERFACE } from '../names.js';

const FORWARDING: KernelKey = 'net.ipv4.ip_forward';
const OWN: KernelKey = `net.ipv4.conf.${INTERFACE}.rp_filter`;
/** What a new interface begins with. */
const DEFAULT = 'net.ipv4.conf.default.rp_filter';
const ALL = 'net.ipv4.conf.all.rp_filter';

/** The kernel's settings, by sysctl(8). */
export function sysctl(run: Run): Kernel {
  return {
    async read(): Promise<KernelSettings> {
      // --ignore: there is no setting of an interface that does not exist yet.
      const shown = await runOrThrow(run, 'sysctl', ['--ignore', FORWARDING, ALL, DEFAULT, OWN]);
      const values = new Map(shown.split('\n').map(parseLine));
      const own = values.get(OWN) ?? values.get(DEFAULT) ?? 0;
      return { forwarding: values.get(FORWARDING) === 1, reversePath: Math.max(values.get(ALL) ?? 0, own) };
    },

    async set(key: KernelKey, value: number): Promise<void> {
      const { exitCode, stderr } = await run('sysctl', ['--write', `${key}=${value}`]);
      // sysctl of procps 3 says that it failed and ends as if it had not.
      if (exitCode === 0 && stderr === '') return;
      throw new BanyanError('host', `the kernel does not take ${key}=${value}: ${firstLine(stderr)}`, {
        remedy: `Set it where /proc/sys can be written: \`sysctl -w ${key}=${value}\`; a container is given it with \`--sysctl\`.`,
      });
    },
  };
}

function parseLine(line: string): [string, number] {
  const [key = '', value = ''] = line.split(' = ');
  return [key, Number(value)];
}

function firstLine(text: string): string {
  return text.trim().split('\n', 1)[0] || 'no reason given';
}
