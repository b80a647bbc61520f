import { join } from 'node:path';
import type { Role } from './fields.js';

export const DEFAULT_CONFIG_PATH = '/etc/banyan/banyan.yaml';

/** What a default path depends on. */
export interface Caller {
  readonly uid: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
}

/**
 * Where `banyan.yaml` is when nothing says otherwise: BANYAN_CONFIG, else `/etc/banyan`; an ordinary user's
 * `banyan-cli` has its own, in the place of the XDG base directory specification.
 */
export function defaultConfigPath(role: Role, caller: Caller): string {
  const named = caller.env['BANYAN_CONFIG'];
  if (named !== undefined && named !== '') return named;
  if (role !== 'cli' || caller.uid === 0) return DEFAULT_CONFIG_PATH;
  return join(xdg(caller, 'XDG_CONFIG_HOME', '.config'), 'banyan', 'banyan.yaml');
}

/** Where a role keeps what it must remember between runs, such as the engine's key at first contact. */
export function defaultStateDir(role: Role, caller: Caller): string {
  if (role !== 'cli' || caller.uid === 0) return `/var/lib/banyan/${role}`;
  return join(xdg(caller, 'XDG_STATE_HOME', '.local/state'), 'banyan');
}

/** The specification has relative values ignored. */
function xdg(caller: Caller, variable: string, fallback: string): string {
  const value = caller.env[variable];
  return value !== undefined && value.startsWith('/') ? value : join(caller.home, fallback);
}
