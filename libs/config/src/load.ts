import { stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { PublicKey } from '#crypto';
import { BanyanError } from '#errors';
import type { LogSettings } from '#log';
import { Subnet } from '#network';
import { parseDocument, type Document } from './document.js';
import { listenAddress, ROLES, storeAddresses, type Role } from './fields.js';
import { configuredKeys, optionalKey } from './keys.js';
import { defaultStateDir } from './location.js';
import { fieldError, fieldName, shownName } from './place.js';
import { isExposed, readPrivateFile } from './private-file.js';
import { checkSection, type SectionOf } from './section.js';
import { storeAccess } from './store-access.js';
import type {
  AgentSettings,
  CliSettings,
  EngineSettings,
  HeaderAuth,
  SettingsOf,
  StoreBackend,
} from './settings.js';

/** A config file as it was found. */
export interface ConfigFile {
  readonly text: string;
  readonly document: Document;
  readonly warnings: readonly string[];
}

export interface Loaded<R extends Role> {
  readonly settings: SettingsOf<R>;
  /** Sentences for the operator: unknown fields, permissions that were tightened. */
  readonly warnings: readonly string[];
}

/**
 * The settings of one role from its section of `banyan.yaml`. Other roles' sections are not looked into.
 *
 * @throws BanyanError `not-found` (no file, no section, no key yet), `invalid` (names file, field and what
 *   was expected; never a value), `host` (cannot be read).
 */
export async function loadConfig<R extends Role>(
  role: R,
  path: string,
  options: ReadOptions = {},
): Promise<Loaded<R>> {
  const remedy = `Run \`${role === 'cli' ? '' : 'sudo '}banyan-${role} init\`.`;
  const file = await readConfig(path, options);
  if (file === undefined) throw new BanyanError('not-found', `${path} does not exist`, { remedy });
  if (!(role in file.document)) {
    throw new BanyanError('not-found', `${path} has no section \`${role}\``, { remedy });
  }
  const { section, warnings } = checkSection(role, file.document[role], path);
  const settings = await settingsOf(role, section, path, remedy);
  return { settings, warnings: [...file.warnings, ...warnings] };
}

export interface ReadOptions {
  /** Leave the permissions of the file as they are, and say nothing of them: for who only looks. */
  readonly untouched?: boolean;
}

/**
 * The file itself: for `init`, which may find no section and no key. A file open to other users is made
 * 0600, and a warning says so.
 *
 * @returns undefined when there is no such file.
 */
export async function readConfig(
  path: string,
  { untouched = false }: ReadOptions = {},
): Promise<ConfigFile | undefined> {
  const file = await readPrivateFile(path, !untouched);
  if (file === undefined) return undefined;
  const document = parseDocument(file.text, path);
  const warnings = !untouched && isExposed(file.mode) ? [await exposureWarning(path, file.mode)] : [];
  for (const name of Object.keys(document)) {
    if (!(ROLES as readonly string[]).includes(name)) {
      warnings.push(`${path} has an unknown section, ${shownName(name)}; it is ignored`);
    }
  }
  return { text: file.text, document, warnings };
}

async function exposureWarning(path: string, mode: number): Promise<string> {
  const found = `${path} was open to other users (mode ${mode.toString(8)})`;
  const now = await stat(path).then((stat) => stat.mode & 0o777);
  return isExposed(now)
    ? `${found} and could not be closed to them: chmod 600 ${path}`
    : `${found}; it is 600 now. If anybody may have read the private key, make a new one with \`init\``;
}

async function settingsOf<R extends Role>(
  role: R,
  section: SectionOf<R>,
  path: string,
  remedy: string,
): Promise<SettingsOf<R>> {
  const privateKey = await configuredKeys(role, section, path);
  if (privateKey === undefined) {
    const missing = section.wg_private_key_file ?? path;
    throw new BanyanError('not-found', `${missing} has no private key for ${role} yet`, { remedy });
  }
  const caller = { uid: process.getuid?.() ?? 0, env: process.env, home: homedir() };
  const own = { configPath: path, privateKey, stateDir: section.state_dir ?? defaultStateDir(role, caller) };
  // One cast: the compiler cannot tie the role to the section it has just chosen.
  if (role === 'engine')
    return { ...own, ...engineSettings(section as SectionOf<'engine'>, path) } as SettingsOf<R>;
  const client = clientSettings(role, section as SectionOf<'agent' | 'cli'>, path);
  if (role === 'cli') return { ...own, ...client, role: 'cli' } satisfies CliSettings as SettingsOf<R>;
  return {
    ...own,
    ...client,
    ...agentSettings(section as SectionOf<'agent'>),
  } satisfies AgentSettings as SettingsOf<R>;
}

type OwnFields = 'configPath' | 'privateKey' | 'stateDir';

function engineSettings(section: SectionOf<'engine'>, path: string): Omit<EngineSettings, OwnFields> {
  return {
    role: 'engine',
    formerPublicKeys: section.former_public_keys.map((text) =>
      PublicKey.parse(text, `${fieldName(path, 'engine', 'former_public_keys')}: an entry`),
    ),
    whitelistedKeysDir: section.whitelisted_keys_dir,
    grpcPort: section.grpc_port,
    wgListenPort: section.wg_listen_port,
    storeBackend: section.store_backend as StoreBackend,
    storeAddresses: storeAddresses(section.store_address),
    storeAccess: storeAccess(section, path),
    headerAuth: section.header_auth as HeaderAuth,
    keyRotation: section.key_rotation as EngineSettings['keyRotation'],
    vpcCidr: Subnet.parse(section.vpc_cidr),
    subnetPrefix: section.subnet_prefix,
    limits: {
      unknownConnections: section.max_unknown_connections,
      unknownPerAddress: section.max_unknown_per_address,
      connectionsPerClient: section.max_connections_per_client,
      callsPerClient: section.max_calls_per_client,
      callRatePerClient: section.max_call_rate_per_client,
    },
    metricsListen: listenAddress(section.metrics_listen),
    log: logSettings(section),
    runDir: section.run_dir,
  };
}

function agentSettings(
  section: SectionOf<'agent'>,
): Pick<
  AgentSettings,
  'role' | 'hostIp' | 'wgPort' | 'mtu' | 'hostAccess' | 'metricsListen' | 'log' | 'runDir'
> {
  return {
    role: 'agent',
    hostIp: section.host_ip,
    wgPort: section.wg_port,
    mtu: section.mtu,
    hostAccess: section.host_access,
    metricsListen: listenAddress(section.metrics_listen),
    log: logSettings(section),
    runDir: section.run_dir,
  };
}

function logSettings({ log_level, log_format }: SectionOf<'engine' | 'agent'>): LogSettings {
  return { level: log_level as LogSettings['level'], format: log_format as LogSettings['format'] };
}

function clientSettings(
  role: 'agent' | 'cli',
  section: SectionOf<'agent' | 'cli'>,
  path: string,
): Omit<CliSettings, OwnFields | 'role'> {
  const { engine_host: engineHost } = section;
  if (engineHost === undefined) {
    throw fieldError(
      path,
      role,
      'engine_host',
      'is missing',
      `Add a line such as engine_host: "192.168.1.10".`,
    );
  }
  return {
    engineHost,
    enginePort: section.engine_port,
    engineWgPort: section.engine_wg_port,
    engineKey: optionalKey(role, 'engine_wg_public_key', section.engine_wg_public_key, path),
  };
}
