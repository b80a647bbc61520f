import {
  checkSection,
  configuredKeys,
  DEFAULT_CONFIG_PATH,
  readConfig,
  saveSection,
  withConfigLock,
  withKeyFile,
  type FieldChanges,
  type Role,
  type SectionOf,
} from '#config';
import { ENGINE_TUNNEL_ADDRESS, type PrivateKey, PublicKey, tunnelAddress } from '#crypto';
import { generateKey } from '#crypto/generate';
import { BanyanError } from '#errors';
import { makeDirectory } from '#host';
import { answers, checkFlags } from './answers.js';
import type { Ask } from './prompts.js';

/** What `init` does with the key pair. */
export type KeyChange = 'created' | 'rotated' | 'kept';

export interface InitRequest {
  readonly role: Role;
  readonly config: string;
  /** By flag name, without dashes. */
  readonly flags: Readonly<Record<string, string | undefined>>;
  /** What to do with a key that exists; undefined: ask, or rotate where nobody can be asked. */
  readonly existingKey?: 'keep' | 'rotate';
  /** Absent: nobody can be asked. */
  readonly ask?: Ask;
  readonly uid: number;
}

/** What came of it; never a private key. */
export interface InitResult {
  readonly role: Role;
  readonly config: string;
  readonly key: KeyChange;
  readonly changed: boolean;
  readonly publicKey: PublicKey;
  readonly tunnelAddress: string;
  /** The key before a rotation, where it was one. */
  readonly previousKey?: PublicKey;
  /** The engine's key, where this role was told it. */
  readonly engineKey?: PublicKey;
  /** The section as it is now. */
  readonly section: SectionOf<Role>;
  readonly warnings: readonly string[];
}

/**
 * Sets up one role in `banyan.yaml`: settings from flags, file, terminal or defaults, and a key pair that is
 * made, rotated or kept. Holds the lock of the config throughout; on any failure the files are as before.
 *
 * @throws UsageError for flags that are wrong or missing; BanyanError otherwise.
 */
export async function initialise(request: InitRequest): Promise<InitResult> {
  checkFlags(request);
  if (request.uid !== 0 && request.config === DEFAULT_CONFIG_PATH) {
    throw new BanyanError('host', `\`banyan-${request.role} init\` needs root to write ${request.config}`, {
      remedy: `sudo banyan-${request.role} init`,
    });
  }
  return withConfigLock(request.config, () => initialiseLocked(request));
}

async function initialiseLocked(request: InitRequest): Promise<InitResult> {
  const { role, config, flags, ask } = request;
  const file = await readConfig(config);
  const raw = file?.document[role];
  const before = checkSection(role, raw, config);
  const old = await configuredKeys(role, before.section, config).catch((error: unknown) => {
    // Who wants another key may have one that is spoilt. A file that holds it might be another one, named by mistake.
    const isInline = before.section.wg_private_key_file === undefined;
    if (request.existingKey === 'rotate' && isInline) return 'unusable' as const;
    throw error;
  });
  const oldKey = old === 'unusable' ? undefined : old;
  const oldPublicKey = old === 'unusable' ? announcedKey(before.section) : old?.publicKey;
  const section = isEmpty(raw) ? undefined : (raw as Record<string, unknown>);
  const settings = await answers({ role, flags, section }, ask);
  const key =
    old === 'unusable' ? 'rotated' : old === undefined ? 'created' : await fateOf(old.publicKey, request);
  const privateKey = key === 'kept' ? oldKey! : generateKey();
  const wanted = inOrder(role, settings, keyFields(before.section, privateKey, key, oldPublicKey));
  const changes = Object.fromEntries(
    Object.entries(wanted).filter(([field, value]) => section?.[field] !== value),
  );
  // Checked before anything is written: what init writes, the programs must be able to read.
  const after = checkSection(role, { ...section, ...changes }, config).section;
  const engineKey = engineKeyOf(after, role, config);
  if (role === 'engine') await makeDirectory((after as SectionOf<'engine'>).whitelisted_keys_dir, 0o700);
  const warnings = await save(request, changes, key, privateKey, before.section.wg_private_key_file);
  return {
    role,
    config,
    key,
    changed: Object.keys(changes).length > 0,
    publicKey: privateKey.publicKey,
    tunnelAddress: role === 'engine' ? ENGINE_TUNNEL_ADDRESS : tunnelAddress(privateKey.publicKey),
    ...(key === 'rotated' && oldPublicKey ? { previousKey: oldPublicKey } : {}),
    ...(engineKey === undefined ? {} : { engineKey }),
    section: after,
    warnings: [...(file?.warnings ?? []), ...before.warnings, ...warnings],
  };
}

/** By which others know a component whose pair is spoilt, if that can still be read. */
function announcedKey({ wg_public_key: text }: SectionOf<Role>): PublicKey | undefined {
  try {
    return text === undefined ? undefined : PublicKey.parse(text, 'wg_public_key');
  } catch {
    return undefined;
  }
}

function isEmpty(section: unknown): boolean {
  return section === undefined || section === null || Object.keys(section).length === 0;
}

async function fateOf(old: PublicKey, { role, config, existingKey, ask }: InitRequest): Promise<KeyChange> {
  if (existingKey === 'keep') return 'kept';
  if (existingKey === 'rotate' || ask === undefined) return 'rotated';
  const question = `${config} has a key pair for ${role} already (${old.fingerprint}). Replace it with a new one?`;
  if (await ask.confirm(question)) return 'rotated';
  throw new BanyanError('conflict', 'the key pair was not replaced; nothing was changed', {
    remedy: `banyan-${role} init --keep changes settings and keeps the key.`,
  });
}

function engineKeyOf(section: SectionOf<Role>, role: Role, config: string): PublicKey | undefined {
  const text = 'engine_wg_public_key' in section ? section.engine_wg_public_key : undefined;
  return text === undefined ? undefined : PublicKey.parse(text, `${config}: ${role}.engine_wg_public_key`);
}

/** What the section says about the key pair; a private key in a file of its own stays out of it. */
function keyFields(
  section: SectionOf<Role>,
  key: PrivateKey,
  change: KeyChange,
  old: PublicKey | undefined,
): FieldChanges {
  const inline = change !== 'kept' && section.wg_private_key_file === undefined;
  const former = 'former_public_keys' in section ? section.former_public_keys : [];
  const retired =
    change === 'rotated' &&
    'former_public_keys' in section &&
    old !== undefined &&
    !former.includes(old.text);
  return {
    ...(inline ? { wg_private_key: key.reveal() } : {}),
    wg_public_key: key.publicKey.text,
    ...(retired ? { former_public_keys: [...former, old.text] } : {}),
  };
}

/** New fields appear in the order in which the specification shows them. */
function inOrder(role: Role, settings: FieldChanges, keys: FieldChanges): FieldChanges {
  return role === 'engine' ? { ...keys, ...settings } : { ...settings, ...keys };
}

async function save(
  { role, config }: InitRequest,
  changes: FieldChanges,
  key: KeyChange,
  privateKey: PrivateKey,
  keyFile: string | undefined,
): Promise<readonly string[]> {
  if (Object.keys(changes).length === 0) return [];
  const write = async (): Promise<readonly string[]> =>
    (await saveSection(role, config, changes, { keepPrevious: key === 'rotated' })).warnings;
  return key === 'kept' || keyFile === undefined ? write() : withKeyFile(keyFile, privateKey, write);
}
