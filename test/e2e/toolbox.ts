import type { Host } from '../lab/index.js';

/** Every program that our programs start, and what those need. */
const TOOLS = [
  'cat',
  'env',
  'ip',
  'mkfifo',
  'nft',
  'node',
  'ping',
  'readlink',
  'setsid',
  'sh',
  'sysctl',
  'wg',
  'wireguard-go',
];
const CHECKOUT_PROGRAMS = '/run/checkout/bin';

/**
 * A PATH with only what our programs start, for a host that lacks some of it, or has it in a way of its own.
 *
 * @param name of the directory, in `/run`.
 * @param replaced the text of a shell script by the name of the program it stands in for, or `undefined` for
 *   a program that is not there; in the script `$REAL` is the real one.
 */
export async function toolbox(
  host: Host,
  name: string,
  replaced: Readonly<Record<string, string | undefined>>,
): Promise<{ PATH: string }> {
  const directory = `/run/${name}`;
  for (const tool of TOOLS) {
    const real = (await host.output(['which', tool])).trim();
    const script = replaced[tool];
    if (script !== undefined) {
      await host.writeFile(`${directory}/${tool}`, `#!/bin/sh\nREAL=${real}\n${script}\n`, 0o755);
    } else if (!(tool in replaced)) {
      await host.output(['mkdir', '-p', directory]);
      await host.output(['ln', '-s', real, `${directory}/${tool}`]);
    }
  }
  return { PATH: `${CHECKOUT_PROGRAMS}:${directory}` };
}
