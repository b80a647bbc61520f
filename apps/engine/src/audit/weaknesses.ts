import type { EngineSettings } from '#config';

/** Something that is set so that it protects less than it could. */
export interface Weakness {
  /** The field of `banyan.yaml`. */
  readonly setting: string;
  /** A sentence without a full stop. */
  readonly why: string;
}

type Judged = Pick<EngineSettings, 'headerAuth' | 'storeBackend' | 'storeAddresses' | 'storeAccess'>;

/**
 * What the settings weaken, and what has been found of the host besides. Pure.
 *
 * @param openDoors what is to be said of who can write to the keys directory; see `#whitelist`.
 */
export function weaknesses(settings: Judged, openDoors: readonly string[]): Weakness[] {
  const found: Weakness[] = [];
  if (settings.headerAuth === 'anywhere') {
    found.push({
      setting: 'header_auth',
      why: 'header_auth is "anywhere": whoever knows an admitted public key can act as its owner',
    });
  }
  const clear = settings.storeBackend === 'etcd' ? settings.storeAddresses.filter(isClear) : [];
  if (clear.length > 0) {
    const { username } = settings.storeAccess;
    const more = username === undefined ? '' : `, and learn the password of ${username}`;
    found.push({
      setting: 'store_address',
      why: `the store is reached in clear, by ${clear.join(', ')}: who is on the way can read and change it${more}`,
    });
  }
  return [...found, ...openDoors.map((why) => ({ setting: 'whitelisted_keys_dir', why }))];
}

/** Plain http that leaves this host. */
function isClear(address: string): boolean {
  const { protocol, hostname } = new URL(address);
  return protocol === 'http:' && !/^(127(\.\d+){3}|localhost|\[::1\])$/.test(hostname);
}

/** From one look to the next. */
export function changedWeaknesses(
  before: readonly Weakness[],
  now: readonly Weakness[],
): { readonly come: Weakness[]; readonly gone: Weakness[] } {
  const without = (from: readonly Weakness[], others: readonly Weakness[]): Weakness[] =>
    from.filter(({ why }) => !others.some((other) => other.why === why));
  return { come: without(now, before), gone: without(before, now) };
}
