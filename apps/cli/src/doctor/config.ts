import { dirname } from 'node:path';
import { configuredKeys, readConfig, checkSection, type Role } from '#config';
import { messageOf } from '#errors';
import { fail, ok, warn, type Check } from './check.js';
import type { HostProbes } from './probes.js';

/** `banyan.yaml`, and who may read it. */

export const config: Check<HostProbes> = {
  name: 'config',
  about: 'The section of this program in `banyan.yaml` is there, can be read and says nothing odd.',
  mend: '`sudo banyan-agent init`, or `init` of the program at hand, makes it; the message names a field that is wrong.',
  async run({ configPath, config, role, root }) {
    try {
      const { warnings } = await config();
      if (warnings.length > 0) return warn(warnings.join('; '), `sudoedit ${configPath}`);
      return ok(`${configPath} is in order`);
    } catch (error) {
      const { remedy } = error as { remedy?: string };
      const readable = root || !/permission denied/.test(messageOf(error));
      return fail(messageOf(error), readable ? remedy : `sudo banyan-${role} doctor`);
    }
  },
};

/** Group may read the config: that can be meant. A directory may be entered. */
const EXPOSED = 0o027;
const WRITABLE = 0o022;

export const permissions: Check<HostProbes> = {
  name: 'permissions',
  about:
    'Nobody else can read the private key, or change the configuration, the state or the folder of keys of this program.',
  mend: '`sudo chmod 600 /etc/banyan/banyan.yaml`; make a new key with `init` if anybody may have read it.',
  async run({ configPath, config, permissions }) {
    const settings = await config().then(
      ({ settings }) => settings,
      () => undefined,
    );
    const directories = [
      dirname(configPath),
      ...(settings ? [settings.stateDir] : []),
      ...(settings && 'whitelistedKeysDir' in settings ? [settings.whitelistedKeysDir] : []),
    ];
    const open = [
      ...(await exposed(permissions, configPath, EXPOSED, 600)),
      ...(await Promise.all(directories.map((path) => exposed(permissions, path, WRITABLE, 700)))).flat(),
    ];
    if (open.length === 0) return ok('no other user can read the key or change what decides');
    return fail(open.map(({ said }) => said).join('; '), open.map(({ command }) => command).join('\n'));
  },
};

async function exposed(
  look: HostProbes['permissions'],
  path: string,
  bits: number,
  closed: number,
): Promise<{ said: string; command: string }[]> {
  const found = await look(path);
  if (!found || (found.mode & bits) === 0) return [];
  const mode = found.mode.toString(8);
  return [{ said: `${path} is open to other users (mode ${mode})`, command: `sudo chmod ${closed} ${path}` }];
}

/** Whether the halves of the key in the file are a pair, and the program that runs has it. */
export const keyPair: Check<HostProbes & { readonly status?: () => Promise<object> }> = {
  name: 'key pair',
  about:
    'The two keys in `banyan.yaml` are a pair, and what runs uses them: a new key counts from the next start.',
  mend: '`sudo systemctl restart banyan-agent` (or `banyan-engine`) after `init` has made a new key.',
  async run({ config, configPath, role, status }) {
    const file = await readConfig(configPath, { untouched: true });
    const { section } = checkSection(role, file?.document[role], configPath);
    try {
      await configuredKeys<Role>(role, section, configPath);
    } catch (error) {
      return fail(messageOf(error), `sudo banyan-${role} init --rotate`);
    }
    const { settings } = await config();
    const own = settings.privateKey.publicKey;
    const report = (await status?.()) as { running?: boolean; public_key?: string } | undefined;
    const other =
      report?.running === true && report.public_key !== undefined && report.public_key !== own.text;
    if (other) {
      return fail(
        `banyan-${role} runs with another key than ${configPath} has`,
        `sudo systemctl restart banyan-${role}`,
      );
    }
    return ok(`${own.fingerprint} is a pair`);
  },
};

const LITTLE = { warn: 200 * 1024 ** 2, fail: 20 * 1024 ** 2, inodes: 100 };

export const disk: Check<HostProbes> = {
  name: 'disk',
  about:
    'There is room for the state of this program: without it nothing that is learned outlives a restart.',
  mend: '`df -h` and `df -i` show what is full; free some space there.',
  async run({ config, space }) {
    const { stateDir } = (await config()).settings;
    const { freeBytes, freeInodes } = await space(stateDir);
    const look = `df -h ${stateDir}; df -i ${stateDir}`;
    if (freeInodes !== undefined && freeInodes < LITTLE.inodes)
      return fail(`the file system of ${stateDir} has room for ${freeInodes} more files`, look);
    const free = `${Math.floor(freeBytes / 1024 ** 2)} MiB free for ${stateDir}`;
    if (freeBytes < LITTLE.fail) return fail(free, look);
    return freeBytes < LITTLE.warn ? warn(free, look) : ok(free);
  },
};
