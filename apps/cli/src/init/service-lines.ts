import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Role } from '#config';
import type { KeyChange } from './init.js';

/** Where systemd looks for units of the system (systemd.unit(5)). */
const UNIT_DIRECTORIES = ['/etc', '/run', '/usr/local/lib', '/usr/lib', '/lib'].map((root) =>
  join(root, 'systemd/system'),
);

/** What has to run for a role, in the order in which it starts. */
const UNITS = {
  engine: ['banyan-engine'],
  agent: ['banyan-guard', 'banyan-agent'],
} as const satisfies Record<Exclude<Role, 'cli'>, readonly string[]>;

/** Whether this host has the units, from a package or copied; else it has a checkout, which is run by hand. */
export function hasUnits(role: Exclude<Role, 'cli'>): boolean {
  return UNIT_DIRECTORIES.some((directory) => existsSync(join(directory, `banyan-${role}.service`)));
}

/**
 * The command after which the service of this role runs as `init` has set it up, now and after a reboot.
 *
 * @param isUnit whether systemd knows it.
 */
export function serviceLine(role: Exclude<Role, 'cli'>, key: KeyChange, isUnit: boolean): string {
  if (!isUnit) return `sudo banyan-${role} start`;
  return key === 'created'
    ? `sudo systemctl enable --now ${UNITS[role].join(' ')}`
    : `sudo systemctl restart banyan-${role}`;
}
