import { dirname } from 'node:path';
import { configuredKeys, readConfig, checkSection, type Role } from '#config';
import { asBanyanError, messageOf } from '#errors';
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

/** Reading by the group can be meant; directories may be entered by all. */
const OPEN = { file: 0o027, directory: 0o022 };

/** Something that others could read or change, and the command that closes it. */
interface Exposure {
  readonly state: 'warn' | 'fail';
  readonly said: string;
  readonly command: string;
}

export const permissions: Check<HostProbes> = {
  name: 'permissions',
  about:
    'Nobody else can read the private key, or change the configuration, the state or the folder of keys of this program. That somebody else may write to the folder of keys can be meant, and is a `warn`: whoever may lets keys in.',
  mend: '`sudo chmod 600 /etc/banyan/banyan.yaml`; make a new key with `init` if anybody may have read it.',
  async run(probes) {
    const settings = await probes.config().then(
      ({ settings }) => settings,
      () => undefined,
    );
    const exposures = await Promise.all([
      exposuresOf(probes, probes.configPath, 'file'),
      exposuresOf(probes, dirname(probes.configPath), 'directory'),
      ...(settings ? [exposuresOf(probes, settings.stateDir, 'directory')] : []),
      ...(settings && 'whitelistedKeysDir' in settings
        ? [exposuresOf(probes, settings.whitelistedKeysDir, 'directory', 'warn')]
        : []),
    ]);
    const all = exposures.flat();
    if (all.length === 0) return ok('no other user can read the key or change what decides');
    const what = all.some(({ state }) => state === 'fail') ? fail : warn;
    return what(all.map(({ said }) => said).join('; '), all.map(({ command }) => command).join('\n'));
  },
};

async function exposuresOf(
  { permissions, uid, role }: HostProbes,
  path: string,
  kind: keyof typeof OPEN,
  state: Exposure['state'] = 'fail',
): Promise<Exposure[]> {
  const found = await permissions(path);
  if (found === undefined) return [];
  const exposures: Exposure[] = [];
  // In a sticky directory, such as /tmp, only its owner can replace a file.
  const sticky = kind === 'directory' && (found.mode & 0o1000) !== 0;
  if (!sticky && (found.mode & OPEN[kind]) !== 0) {
    const said = `${path} is open to other users (mode ${found.mode.toString(8)})`;
    exposures.push({ state, said, command: `sudo chmod ${kind === 'file' ? '600' : 'go-w'} ${path}` });
  }
  if (found.uid !== 0 && found.uid !== uid) {
    const said = `${path} belongs to user ${found.uid}, who can change it`;
    exposures.push({ state, said, command: `sudo chown ${role === 'cli' ? uid : 0} ${path}` });
  }
  return exposures;
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
      const { message, remedy } = asBanyanError(error);
      const told = role === 'engine' ? 'all clients have to be told of' : 'the engine has to admit';
      const anew = `Or with a new key, which ${told} then:\nsudo banyan-${role} init --rotate`;
      // The file of a key has a remedy that is complete, and need not be made anew.
      if (section.wg_private_key_file !== undefined && remedy !== undefined) return fail(message, remedy);
      return fail(message, remedy === undefined ? anew : `${remedy}\nsudoedit ${configPath}\n${anew}`);
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
    'There is room for the state of this program, and it can be written: else nothing that is learned outlives a restart.',
  mend: '`df -h` and `df -i` show what is full; free some space there. What is read-only after an error of the disk is told by `sudo dmesg`.',
  async run({ config, space }) {
    const { stateDir } = (await config()).settings;
    const { freeBytes, freeInodes, isReadOnly } = await space(stateDir);
    if (isReadOnly)
      return fail(
        `the file system of ${stateDir} is read-only`,
        `sudo dmesg --level err,warn | tail\nsudo mount -o remount,rw "$(findmnt -n -o TARGET -T ${stateDir})"`,
      );
    const look = `df -h ${stateDir}; df -i ${stateDir}`;
    if (freeInodes !== undefined && freeInodes < LITTLE.inodes)
      return fail(`the file system of ${stateDir} has room for ${freeInodes} more files`, look);
    const free = `${Math.floor(freeBytes / 1024 ** 2)} MiB free for ${stateDir}`;
    if (freeBytes < LITTLE.fail) return fail(free, look);
    return freeBytes < LITTLE.warn ? warn(free, look) : ok(free);
  },
};
