import type { Match, Rule, Table } from '#firewall';
import { INTERFACE, tableName } from '../wg-control.js';
import { dropForged, dropForwarded, dropLeaving } from './boundary.js';

const IN: Match = { on: 'arrives-by', interface: INTERFACE };
const OUT: Match = { on: 'leaves-by', interface: INTERFACE };

/**
 * The engine's rules: clients reach the gRPC port, and what else was chosen to be there, and nothing else of this host, and it opens no connection
 * to them. By ports alone, without connection tracking, so that nothing is forgotten when that is flushed.
 *
 * @param ports TCP.
 */
export function engineTable(ports: readonly number[]): Table {
  return {
    name: tableName('engine'),
    chains: [
      dropForged,
      {
        hook: 'input',
        priority: 0,
        rules: [
          ...ports.map((port): Rule => ({ when: [IN, { on: 'tcp-destination', port }], verdict: 'accept' })),
          { when: [IN], verdict: 'drop' },
        ],
      },
      {
        hook: 'output',
        priority: 0,
        rules: [
          dropLeaving,
          ...ports.map((port): Rule => ({ when: [OUT, { on: 'tcp-source', port }], verdict: 'accept' })),
          { when: [OUT], verdict: 'drop' },
        ],
      },
      dropForwarded,
    ],
  };
}
