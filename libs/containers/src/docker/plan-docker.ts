import { BanyanError } from '#errors';
import type { Subnet } from '#network';
import type { ContainerNetworkChange, DesiredContainerNetworks } from '../container-networks.js';
import { BRIDGE, NETWORK } from '../names.js';
import type { DockerNetwork, DockerNetworkSpecification, DockerState } from './docker-state.js';
import { BRIDGE_NAME, differenceOf, isOurs, specificationOf } from './network-specification.js';

/** To be done in this order. */
export interface DockerPlan {
  /** Id of the network to remove. */
  readonly remove?: string;
  readonly create?: DockerNetworkSpecification;
  readonly changes: readonly ContainerNetworkChange[];
}

/**
 * @throws BanyanError `conflict` when the name, the bridge or the subnet is another network's, or when ours has to
 *   be made anew with containers on it: Docker can change no network.
 */
export function planDocker(desired: DesiredContainerNetworks, state: DockerState): DockerPlan {
  const create = specificationOf(desired, state.major);
  const ours = state.networks.find(isOurs);
  for (const other of state.networks) if (other !== ours) refuse(other, desired.subnet);
  if (!ours) {
    return { create, changes: [{ what: `create the Docker network ${NETWORK}`, why: 'there is none' }] };
  }
  const why = differenceOf(ours, create);
  if (why === undefined) return { changes: [] };
  if (state.attached.length > 0) throw occupied(`has to be made anew, for ${why}`, state.attached);
  return {
    remove: ours.id,
    create,
    changes: [{ what: `create the Docker network ${NETWORK} anew`, why }],
  };
}

/** @throws BanyanError `conflict` while containers belong to it. */
export function planDockerRemoval(state: DockerState): DockerPlan {
  const ours = state.networks.find(isOurs);
  if (!ours) return { changes: [] };
  if (state.attached.length > 0) throw occupied('cannot be removed', state.attached);
  return {
    remove: ours.id,
    changes: [{ what: `remove the Docker network ${NETWORK}`, why: 'this agent made it' }],
  };
}

function refuse(other: DockerNetwork, subnet: Subnet): void {
  const remedy = `Remove it (\`docker network rm ${other.id.slice(0, 12)}\`) or make it anew`;
  if (other.name === NETWORK) {
    throw new BanyanError('conflict', `Docker has a network ${NETWORK} that this agent did not make`, {
      remedy: `${remedy} with another name; nothing was changed.`,
    });
  }
  if (other.options[BRIDGE_NAME] === BRIDGE) {
    throw new BanyanError('conflict', `the Docker network ${quoted(other)} has the bridge ${BRIDGE}`, {
      remedy: `${remedy} with another bridge; nothing was changed.`,
    });
  }
  const pool = other.pools.find((each) => each.subnet.overlaps(subnet));
  if (!pool) return;
  throw new BanyanError(
    'conflict',
    `the Docker network ${quoted(other)} has ${pool.subnet.text}, which overlaps the subnet of this agent, ${subnet.text}`,
    { remedy: `${remedy} with another subnet; nothing was changed.` },
  );
}

function occupied(what: string, attached: readonly string[]): BanyanError {
  const names = attached.join(', ');
  return new BanyanError(
    'conflict',
    `the Docker network ${NETWORK} ${what}, and containers belong to it: ${names}`,
    {
      remedy: `Remove them, or take each off it (\`docker network disconnect -f ${NETWORK} NAME\`) and put it back on the new one afterwards (\`docker network connect ${NETWORK} NAME\`).`,
    },
  );
}

function quoted({ name }: DockerNetwork): string {
  return JSON.stringify(name.slice(0, 64));
}
