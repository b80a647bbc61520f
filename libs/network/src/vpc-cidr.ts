import { TUNNEL_NETWORK } from '#crypto';
import { Subnet } from './subnet.js';

/** Networks that are private (RFC 1918) or shared by operators (RFC 6598). */
const PRIVATE = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10'].map((text) =>
  Subnet.parse(text),
);
const CONTROL = Subnet.parse(TUNNEL_NETWORK);

/** Whether containers may have addresses of this network. @returns why not; undefined when they may. */
export function checkVpcCidr(vpcCidr: Subnet): string | undefined {
  if (!PRIVATE.some((network) => network.contains(vpcCidr)))
    return `vpc_cidr ${vpcCidr.text} is no private network`;
  if (vpcCidr.overlaps(CONTROL))
    return `vpc_cidr ${vpcCidr.text} overlaps ${CONTROL.text}, which wg-control uses`;
  return undefined;
}
