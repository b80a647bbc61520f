import { arch, release } from 'node:os';
import { gzipSync } from 'node:zlib';
import { readConfig, readPrivateFile, type ConfigFile, type Role } from '#config';
import { messageOf } from '#errors';
import { run, version, writeFileAtomic, type Run } from '#host';
import type { Examined } from './check.js';
import { redactedConfig, redactedText, secretsIn } from './redact.js';
import { examinedJson } from './report.js';
import { tar, type TarFile } from './tar.js';

const LOG_LINES = '300';

/** What is asked of this host, by the name of the file that has the answer. */
function commands(role: Role): Readonly<Record<string, readonly [program: string, ...args: string[]]>> {
  const log = ['journalctl', '--no-pager', '--no-hostname', '--output', 'short-iso'] as const;
  return {
    'ip-address.txt': ['ip', '-details', 'address', 'show'],
    'ip-route.txt': ['ip', 'route', 'show', 'table', 'all'],
    'ip-rule.txt': ['ip', 'rule', 'show'],
    'journal.txt': [...log, '--lines', LOG_LINES, '--unit', `banyan-${role}`],
  };
}

/**
 * Writes what a bug report needs into one archive, readable by its owner alone: what doctor found, versions, status,
 * the configuration without secrets, interfaces, routes, our firewall, and the last lines of the log.
 *
 * @param status what `status` of this program would say.
 * @throws BanyanError `host` when it cannot be written. What cannot be had is said in its place.
 */
export async function writeBundle(
  path: string,
  { role, configPath, examined, status }: BundleContent,
  ask: Run = run,
): Promise<readonly string[]> {
  const config = await readConfig(configPath, { untouched: true }).catch(() => undefined);
  const secrets = config === undefined ? [] : [...secretsIn(config), ...(await keysInFiles(config))];
  const outputs = Object.entries(commands(role)).map(async ([name, [program, ...args]]) => ({
    name,
    content: await output(ask, program, args),
  }));
  const files: TarFile[] = [
    { name: 'doctor.json', content: json(examined.map(examinedJson)) },
    { name: 'versions.json', content: json(await versions(ask)) },
    {
      name: 'status.json',
      content: json(await status().catch((error: unknown) => ({ error: messageOf(error) }))),
    },
    {
      name: 'config.json',
      content: config ? redactedConfig(config) : 'it cannot be read: see doctor.json\n',
    },
    { name: 'firewall.txt', content: await ourFirewall(ask) },
    { name: 'wg.txt', content: await ourInterfaces(ask) },
    ...(await Promise.all(outputs)),
  ];
  const redacted = files.map(({ name, content }) => ({
    name: `banyan-${role}/${name}`,
    content: redactedText(content, secrets),
  }));
  await writeFileAtomic(path, gzipSync(tar(redacted, Date.now() / 1_000)), 0o600);
  return redacted.map(({ name }) => name);
}

interface BundleContent {
  readonly role: Role;
  readonly configPath: string;
  readonly examined: readonly Examined[];
  readonly status: () => Promise<unknown>;
}

/** Private keys in files of their own: not in the configuration, and not to be anywhere else either. */
async function keysInFiles({ document }: ConfigFile): Promise<string[]> {
  const paths = Object.values(document).flatMap((section) => {
    const path = (section as Record<string, unknown> | null)?.['wg_private_key_file'];
    return typeof path === 'string' ? [path] : [];
  });
  // Not by what loads a key: a file that is open to others, or spoilt, has a secret too.
  const files = await Promise.all(paths.map((path) => readPrivateFile(path, false).catch(() => undefined)));
  return files.flatMap((file) => file?.text.match(/[A-Za-z0-9+/]{43}=/g) ?? []);
}

async function versions(ask: Run): Promise<object> {
  const asked = { wg: ['--version'], ip: ['-V'], nft: ['--version'] };
  const said = Object.entries(asked).map(async ([program, args]) => [
    program,
    (await output(ask, program, args)).trim(),
  ]);
  return {
    banyan: version,
    node: process.version,
    kernel: `${release()} ${arch()}`,
    ...(Object.fromEntries(await Promise.all(said)) as object),
  };
}

/** Who else is in what private network of this host is nobody's business. */
async function ourInterfaces(ask: Run): Promise<string> {
  const shown = ['wg-control', 'banyan-wg'].map((name) => output(ask, 'wg', ['show', name]));
  return (await Promise.all(shown)).join('\n');
}

/** Our tables, and none of others. */
async function ourFirewall(ask: Run): Promise<string> {
  const listed = await output(ask, 'nft', ['list', 'tables', 'inet']);
  const names = listed
    .split('\n')
    .flatMap((line) => /^table inet (banyan_[a-z_]+)$/.exec(line.trim())?.[1] ?? []);
  const tables = await Promise.all(names.map((name) => output(ask, 'nft', ['list', 'table', 'inet', name])));
  return names.length === 0 ? listed : tables.join('\n');
}

async function output(ask: Run, program: string, args: readonly string[]): Promise<string> {
  try {
    const { exitCode, stdout, stderr } = await ask(program, args);
    // Before it may become a part of JSON, where its lines are none.
    return redactedText(`${stdout}\n${exitCode === 0 ? '' : `${stderr}\n(exit code ${exitCode})\n`}`, []);
  } catch (error) {
    return `${messageOf(error)}\n`;
  }
}

function json(value: unknown): string {
  return JSON.stringify(value, null, 2) + '\n';
}
