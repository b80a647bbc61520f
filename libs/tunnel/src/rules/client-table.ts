import type { Match, Table } from '#firewall';
import { INTERFACE, tableName, type Role } from '../wg-control.js';
import { dropForged, dropForwarded, dropLeaving } from './boundary.js';

const IN: Match = { on: 'arrives-by', interface: INTERFACE };
const OUT: Match = { on: 'leaves-by', interface: INTERFACE };

/**
 * A client's rules: the tunnel is its component's, not everybody's on the host.
 *
 * The owner of a packet is the user who opened its socket, so a packet without one needs a rule of its own:
 * forwarded ones are dropped elsewhere, and what the kernel sends by itself (the last ACK and the repeated FIN
 * of a connection its program has closed, resets) may go where the connection is known, or the engine would
 * keep connections half-closed for minutes. That cannot be widened from outside: every packet of a socket
 * that has another owner is dropped before, so none of them ever had a connection.
 *
 * @param uid of the component; a program that is setuid to it may send as well.
 */
export function clientTable(role: Exclude<Role, 'engine'>, uid: number): Table {
  return {
    name: tableName(role),
    chains: [
      dropForged,
      {
        hook: 'input',
        priority: 0,
        rules: [
          { when: [IN, { on: 'known-connection' }], verdict: 'accept' },
          { when: [IN], verdict: 'drop' },
        ],
      },
      {
        hook: 'output',
        priority: 0,
        rules: [
          dropLeaving,
          { when: [OUT, { on: 'sender', uid }], verdict: 'accept' },
          { when: [OUT, { on: 'sender', uid, not: true }], verdict: 'drop' },
          { when: [OUT, { on: 'known-connection' }], verdict: 'accept' },
          { when: [OUT], verdict: 'drop' },
        ],
      },
      dropForwarded,
    ],
  };
}
