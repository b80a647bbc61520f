import { messageOf } from '#errors';
import { checkNetwork, type Network, type NetworkPeer, type Subnet } from '#network';
import type { Described } from './described.js';

/** What an agent makes of the network that its engine describes. */
export interface Judgement {
  /** The one to build: the described one, or the last good one without who was taken away since. */
  readonly network: Network | undefined;
  /** Why it is not the described one; empty when it is, or when that only waits. */
  readonly refused: string;
  /** The described one waits for `banyan-engine adopt`. */
  readonly held: boolean;
}

/**
 * Nothing the engine says makes this agent forget peers by mistake: a store that was lost or is older would take
 * the mesh down. Nothing keeps one that was taken away on purpose.
 *
 * @param known the last good network of the same engine; undefined when there was none.
 * @param hostRoutes as for {@link checkNetwork}.
 */
export function judge(
  known: Network | undefined,
  described: Described,
  hostRoutes: readonly Subnet[],
): Judgement {
  const { storeId, revision, vpcCidr, subnet, peers, removed } = described;
  const isSuccessor = known === undefined || succeeds(described, known);
  if (subnet === undefined) {
    const rest = without(known, (key) => (isSuccessor ? !peers.has(key) : removed.has(key)));
    return { network: rest, refused: 'the engine has no subnet for this agent', held: false };
  }
  const next: Network = { storeId, revision, vpcCidr, subnet, peers: [...peers.values()] };
  if (!isSuccessor && loses(next, known)) {
    return { network: without(known, (key) => removed.has(key)), refused: '', held: true };
  }
  try {
    checkNetwork(next, hostRoutes);
    return { network: next, refused: '', held: false };
  } catch (error) {
    const rest = without(known, (key) => !peers.has(key));
    return { network: rest, refused: messageOf(error), held: false };
  }
}

/** Whether the description continues the known network's history, or an operator says that it takes its place. */
function succeeds({ storeId, revision, adopted }: Described, known: Network): boolean {
  return adopted || (storeId === known.storeId && revision >= known.revision);
}

/** Whether building it would cost a peer, or anybody's addresses. */
function loses(next: Network, known: Network): boolean {
  const subnets = new Map(next.peers.map(({ publicKey, subnet }) => [publicKey.text, subnet]));
  return (
    !next.subnet.equals(known.subnet) ||
    known.peers.some(({ publicKey, subnet }) => !subnets.get(publicKey.text)?.equals(subnet))
  );
}

function without(known: Network | undefined, gone: (publicKey: string) => boolean): Network | undefined {
  if (!known) return undefined;
  const stays = ({ publicKey }: NetworkPeer): boolean => !gone(publicKey.text);
  return known.peers.every(stays) ? known : { ...known, peers: known.peers.filter(stays) };
}
