import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_CONFIG_PATH, defaultStateDir, type Role } from '#config';
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

/** By systemd, which has started it before or not yet; or by hand, as from a checkout. */
export type HowItRuns = 'unit that ran' | 'unit' | 'program';

/**
 * Whether this host has the unit of this role, from a package or copied, and it reads this config.
 *
 * @param stateDir that of the configuration; undefined: the usual one.
 */
export function howItRuns(role: ServiceRole, config: string, stateDir?: string): HowItRuns {
  const units = UNIT_DIRECTORIES.map((directory) => join(directory, `banyan-${role}.service`));
  if (config !== DEFAULT_CONFIG_PATH || !units.some((unit) => existsSync(unit))) return 'program';
  return hasRun(role, stateDir) ? 'unit that ran' : 'unit';
}

/** Its first start makes the state directory. */
export function hasRun(
  role: ServiceRole,
  stateDir = defaultStateDir(role, { uid: 0, env: {}, home: '/root' }),
): boolean {
  return existsSync(stateDir);
}

/** The command after which the service of this role runs as `init` has set it up: by systemd also after a reboot. */
export function serviceLine(
  { role, key, config }: { readonly role: ServiceRole; readonly key: KeyChange; readonly config: string },
  runs: HowItRuns,
): string {
  if (runs === 'program') {
    const other = config === DEFAULT_CONFIG_PATH ? '' : ` --config '${config.replaceAll("'", "'\\''")}'`;
    return `sudo banyan-${role} start${other}`;
  }
  return key === 'created' || runs === 'unit'
    ? `sudo systemctl enable --now ${UNITS[role].join(' ')}`
    : `sudo systemctl restart banyan-${role}`;
}
