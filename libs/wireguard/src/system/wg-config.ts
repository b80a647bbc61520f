import type { DesiredPeer } from '../device.js';
import { canonicalEndpoint } from '../endpoint.js';
import { canonicalNetwork } from '../prefix.js';

/**
 * Peers as `wg addconf` reads them (wg(8), "CONFIGURATION FILE FORMAT"). For a peer that exists, addconf
 * keeps the session, replaces the allowed IPs with those listed (none listed: none left), and leaves an
 * endpoint that is not named alone; so a keepalive that should be off is named.
 *
 * Every value is parsed again here: what reaches this text can neither end its line nor be resolved as a name.
 */
export function wgConfig(peers: readonly DesiredPeer[]): string {
  return peers.map(section).join('');
}

function section({ publicKey, endpoint, allowedIps, persistentKeepalive }: DesiredPeer): string {
  const lines = ['[Peer]', `PublicKey = ${publicKey.text}`];
  if (endpoint !== undefined) lines.push(`Endpoint = ${canonicalEndpoint(endpoint)}`);
  if (allowedIps.length > 0) lines.push(`AllowedIPs = ${allowedIps.map(canonicalNetwork).join(', ')}`);
  lines.push(
    `PersistentKeepalive = ${persistentKeepalive === undefined ? 'off' : Math.trunc(persistentKeepalive)}`,
  );
  return lines.join('\n') + '\n';
}
