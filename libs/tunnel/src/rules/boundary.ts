import { TUNNEL_NETWORK } from '#crypto';
import type { Chain, Match, Rule } from '#firewall';
import { INTERFACE } from '../wg-control.js';

const ELSEWHERE: readonly Match[] = [
  { on: 'arrives-by', interface: INTERFACE, not: true },
  { on: 'arrives-by', interface: 'lo', not: true },
];

/**
 * Drops what claims to be of the tunnel and arrives elsewhere: Linux answers on any interface for every
 * address it has. Before connection tracking (-300), so that it leaves no trace there either.
 */
export const dropForged: Chain = {
  hook: 'prerouting',
  priority: -300,
  rules: [
    { when: [...ELSEWHERE, { on: 'source', network: TUNNEL_NETWORK }], verdict: 'drop' },
    { when: [...ELSEWHERE, { on: 'destination', network: TUNNEL_NETWORK }], verdict: 'drop' },
  ],
};

/** The tunnel ends on this host: no container and no neighbour sends through it under the host's name. */
export const dropForwarded: Chain = {
  hook: 'forward',
  priority: 0,
  rules: [
    { when: [{ on: 'arrives-by', interface: INTERFACE }], verdict: 'drop' },
    { when: [{ on: 'leaves-by', interface: INTERFACE }], verdict: 'drop' },
  ],
};

/**
 * What is meant for the tunnel leaves by nothing else: without its interface, or its route, the default route
 * would carry it away in clear.
 */
export const dropLeaving: Rule = {
  when: [
    { on: 'leaves-by', interface: INTERFACE, not: true },
    { on: 'leaves-by', interface: 'lo', not: true },
    { on: 'destination', network: TUNNEL_NETWORK },
  ],
  verdict: 'drop',
};
