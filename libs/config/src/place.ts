import { BanyanError } from '#errors';
import type { Role } from './fields.js';

/** A field of a config file, for messages: `/etc/banyan/banyan.yaml: agent.engine_port`. */
export function fieldName(path: string, role: Role, field: string): string {
  return `${path}: ${role}.${field}`;
}

/** A field that is not what it must be. The value is never repeated: keys get pasted into the wrong line. */
export function fieldError(
  path: string,
  role: Role,
  field: string,
  problem: string,
  remedy: string,
): BanyanError {
  return new BanyanError('invalid', `${fieldName(path, role, field)} ${problem}`, { remedy });
}

/** A name found in the file, fit for a terminal, and not shown when it might be a secret in the wrong place. */
export function shownName(name: string): string {
  return /^[A-Za-z][A-Za-z0-9_.-]{0,31}$/.test(name) ? `\`${name}\`` : 'a name that is not shown';
}
