import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_CONFIG_PATH, type Role } from '#config';
import type { KeyChange } from './init.js';

/** Where systemd looks for units of the system (systemd.unit(5)). */
const UNIT_DIRECTORIES = ['/etc', '/run', '/usr/local/lib', '/usr/lib', '/lib'].map((root) =>
  join(root, 'systemd/system'),
);

/** What has to run for a role, in the order in which it starts. */
const UNITS = {
  engine: ['banyan-engine'],
  agent: ['banyan-guard', 'banyan-agent'],
} as const satisfies Record<ServiceRole, readonly string[]>;

type ServiceRole = Exclude<Role, 'cli'>;

/**
 * Whether this host has the unit of this role, from a package or copied, and it reads this config; else the program is
 * started by hand, as from a checkout.
 */
export function runsAsUnit(role: ServiceRole, config: string): boolean {
  if (config !== DEFAULT_CONFIG_PATH) return false;
  return UNIT_DIRECTORIES.some((directory) => existsSync(join(directory, `banyan-${role}.service`)));
}

/**
 * The command after which the service of this role runs as `init` has set it up: by systemd also after a reboot.
 *
 * @param isUnit whether systemd runs it.
 */
export function serviceLine(
  { role, key, config }: { readonly role: ServiceRole; readonly key: KeyChange; readonly config: string },
  isUnit: boolean,
): string {
  if (!isUnit) {
    const other = config === DEFAULT_CONFIG_PATH ? '' : ` --config '${config.replaceAll("'", "'\\''")}'`;
    return `sudo banyan-${role} start${other}`;
  }
  const units = UNITS[role].join(' ');
  // Whether it runs already, or was ever enabled, is not known here.
  return key === 'created'
    ? `sudo systemctl enable --now ${units}`
    : `sudo systemctl enable ${units} && sudo systemctl restart banyan-${role}`;
}
