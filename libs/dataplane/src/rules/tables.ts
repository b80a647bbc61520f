import type { Match, Table } from '#firewall';
import type { Network } from '#network';
import { BRIDGE, INTERFACE } from '../names.js';

/** Names of every table that {@link dataPlaneTables} may make. */
export const DATA_PLANE_TABLES: readonly string[] = ['banyan_network'];

export interface DataPlaneRules {
  readonly network: Network;
  readonly listenPort: number;
  readonly mtu: number;
  readonly hostAccess: boolean;
  /** Whether this host forwarded nothing before we had it forward. */
  readonly forwardingWasOff: boolean;
}

/** The firewall of the container network. */
export function dataPlaneTables({ network }: DataPlaneRules): Table[] {
  const vpc = network.vpcCidr.text;
  const elsewhere = (on: 'arrives-by' | 'leaves-by'): Match[] =>
    [INTERFACE, BRIDGE, 'lo'].map((name) => ({ on, interface: name, not: true }));
  const leaving = {
    when: [...elsewhere('leaves-by'), { on: 'destination', network: vpc }],
    verdict: 'drop',
  } as const;
  return [
    {
      name: 'banyan_network',
      chains: [
        {
          hook: 'prerouting',
          priority: -300,
          rules: [{ when: [...elsewhere('arrives-by'), { on: 'source', network: vpc }], verdict: 'drop' }],
        },
        { hook: 'forward', priority: 0, rules: [leaving] },
        { hook: 'output', priority: 0, rules: [leaving] },
      ],
    },
  ];
}
