import type { AgentSettings } from '#config';
import type { DesiredDataPlane } from '#dataplane';
import type { KnownNetwork } from './network-cache.js';

/** What this host is to become. */
export function desiredOf(
  { network, engineAddress }: KnownNetwork,
  {
    privateKey,
    wgPort,
    mtu,
    hostAccess,
  }: Pick<AgentSettings, 'privateKey' | 'wgPort' | 'mtu' | 'hostAccess'>,
): DesiredDataPlane {
  return { network, privateKey, listenPort: wgPort, mtu, hostAccess, engineAddress };
}
