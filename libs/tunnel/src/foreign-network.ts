import { BlockList, isIPv4 } from 'node:net';
import { TUNNEL_NETWORK } from '#crypto';
import { BanyanError } from '#errors';
import type { Surroundings } from './host-network.js';
import { INTERFACE } from './wg-control.js';

const [network = '', length = ''] = TUNNEL_NETWORK.split('/');
const tunnel = new BlockList();
tunnel.addSubnet(network, Number(length), 'ipv4');

function isInTunnelNetwork(address: string): boolean {
  return isIPv4(address) && tunnel.check(address, 'ipv4');
}

/**
 * Refuses a host where somebody else uses 10.200.0.0/16: that traffic would go to the tunnel, or the tunnel's
 * to them. An address in it is refused whatever its prefix; a route only when it is that network or a part of
 * it, in any table, for a policy rule may ask that table first. A wider route, such as a cloud's 10.0.0.0/8 or
 * the default route, loses to ours by longest prefix, and is what most hosts have.
 *
 * @throws BanyanError `conflict` that names the first such address or route, and its interface.
 */
export function refuseForeignNetwork({ links, routes }: Surroundings): void {
  for (const { name, addresses } of links) {
    const address = name === INTERFACE ? undefined : addresses.find(isInTunnelNetwork);
    if (address !== undefined)
      throw foreign(`the address ${address} on ${name}`, `ip address show dev ${name}`);
  }
  for (const { destination, device } of routes) {
    const [address = '', bits = ''] = destination.split('/');
    if (device !== INTERFACE && isInTunnelNetwork(address) && Number(bits) >= Number(length)) {
      throw foreign(`the route to ${destination} by ${device}`, 'ip route show table all');
    }
  }
}

/** An engine behind such an address could not be reached: what arrives from there is dropped as forged. */
export function refuseEndpointInTunnel(address: string): void {
  if (!isInTunnelNetwork(address)) return;
  throw new BanyanError(
    'conflict',
    `the engine's address ${address} is in ${TUNNEL_NETWORK}, the tunnel's own network`,
    {
      remedy: 'Set engine_host to an address at which the engine is reached without the tunnel.',
    },
  );
}

function foreign(what: string, look: string): BanyanError {
  return new BanyanError(
    'conflict',
    `${what} is in ${TUNNEL_NETWORK}, which the control tunnel needs for itself`,
    {
      remedy: `See \`${look}\`; remove it, or give that network other addresses.`,
    },
  );
}
