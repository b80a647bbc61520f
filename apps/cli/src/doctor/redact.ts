import { fieldsOf, ROLES, type ConfigFile, type Role } from '#config';
import { PublicKey } from '#crypto';

/**
 * What a bundle may say. Fields of the configuration are let through by name, so that one that nobody here knows, a key
 * in the wrong place say, stays out; and whatever is a key in the file is taken out of everything else too.
 */

const SECRET_FIELDS: readonly string[] = ['wg_private_key'];
const REMOVED = '(removed)';

/** The configuration without secrets, as JSON, comments and all that is unknown left out. */
export function redactedConfig({ document }: Pick<ConfigFile, 'document'>): string {
  const sections = Object.entries(document).map(([role, section]) => {
    const known = (ROLES as readonly string[]).includes(role) ? fieldsOf(role as Role) : [];
    const fields = Object.entries(isMapping(section) ? section : {});
    return [
      safeName(role),
      Object.fromEntries(fields.map(([name, value]) => [safeName(name), shown(name, value, known)])),
    ];
  });
  return JSON.stringify(Object.fromEntries(sections), null, 2) + '\n';
}

function shown(name: string, value: unknown, known: readonly string[]): unknown {
  if (!known.includes(name) || SECRET_FIELDS.includes(name)) return REMOVED;
  return Array.isArray(value) ? value.map(asFingerprint) : asFingerprint(value);
}

/** Of every key, also a public one: the two halves may have been confused. */
function asFingerprint(value: unknown): unknown {
  if (typeof value !== 'string' || !/^[A-Za-z0-9+/]{43}=$/.test(value.trim())) return value;
  return PublicKey.tryParse(value.trim())?.fingerprint ?? REMOVED;
}

/** A value in the place of a name, as by a missing colon, could be anything. */
function safeName(name: string): string {
  return /^[a-z_]{1,40}$/.test(name) ? name : REMOVED;
}

/** What must not be in a bundle: the private keys of every role in the file. */
export function secretsIn({ document }: Pick<ConfigFile, 'document'>): string[] {
  return Object.values(document).flatMap((section) =>
    Object.entries(isMapping(section) ? section : {}).flatMap(([name, value]) =>
      SECRET_FIELDS.includes(name) && typeof value === 'string' && value !== '' ? [value] : [],
    ),
  );
}

/** Text of another program or a log without these secrets, and without the lines in which wg(8) shows keys. */
export function redactedText(text: string, secrets: readonly string[]): string {
  const lines = text.replace(
    /^(\s*(?:private key|preshared key|PrivateKey|PresharedKey)\s*[:=]).*$/gm,
    `$1 ${REMOVED}`,
  );
  return secrets.reduce((rest, secret) => rest.replaceAll(secret, REMOVED), lines);
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
