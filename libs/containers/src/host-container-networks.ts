import { messageOf } from '#errors';
import { Turns } from '#host';
import type { Log } from '#log';
import { Subnet } from '#network';
import type { CniDirectory } from './cni/cni-directory.js';
import { readLeases } from './cni/leases.js';
import { planCni, planCniRemoval } from './cni/plan-cni.js';
import type {
  ContainerNetworkChange,
  ContainerNetworks,
  DesiredContainerNetworks,
  LocalContainer,
} from './container-networks.js';
import type { Docker } from './docker/docker-state.js';
import { isOurs } from './docker/network-specification.js';
import { planDocker, planDockerRemoval, type DockerPlan } from './docker/plan-docker.js';

type Changes = readonly ContainerNetworkChange[];

/** The container networks of whatever host it is given. */
export class HostContainerNetworks implements ContainerNetworks {
  readonly #turns = new Turns();

  constructor(
    private readonly cni: CniDirectory,
    /** `dataDir` of host-local, as it is reached from here. */
    private readonly leases: string,
    private readonly docker: Docker,
    private readonly log: Log,
  ) {}

  apply(desired: DesiredContainerNetworks): Promise<Changes> {
    return this.#turns.take(() => this.#both(this.#applyCni(desired), this.#applyDocker(desired)));
  }

  plan(desired: DesiredContainerNetworks): Promise<Changes> {
    const cni = async () => planCni(desired, await this.cni.read()).changes;
    const docker = async () => {
      const state = await this.docker.read();
      return state ? planDocker(desired, state).changes : [];
    };
    return this.#both(cni(), docker());
  }

  async list(): Promise<readonly LocalContainer[]> {
    const [cni, docker] = await Promise.all([readLeases(this.leases), this.#dockerContainers()]);
    return [...cni, ...docker].sort((one, other) => numberOf(one) - numberOf(other));
  }

  down(): Promise<Changes> {
    return this.#turns.take(() => this.#both(this.#removeCni(), this.#removeDocker()));
  }

  async #applyCni(desired: DesiredContainerNetworks): Promise<Changes> {
    const { write, changes } = planCni(desired, await this.cni.read());
    if (write !== undefined) await this.cni.write(write);
    return changes;
  }

  async #applyDocker(desired: DesiredContainerNetworks): Promise<Changes> {
    const state = await this.docker.read();
    return state ? this.#carryOut(planDocker(desired, state)) : [];
  }

  async #removeCni(): Promise<Changes> {
    const changes = planCniRemoval(await this.cni.read());
    if (changes.length > 0) await this.cni.remove();
    return changes;
  }

  async #removeDocker(): Promise<Changes> {
    const state = await this.docker.read();
    return state ? this.#carryOut(planDockerRemoval(state)) : [];
  }

  async #carryOut({ remove, create, changes }: DockerPlan): Promise<Changes> {
    if (remove !== undefined) await this.docker.remove(remove);
    if (create) await this.docker.create(create);
    return changes;
  }

  async #dockerContainers(): Promise<LocalContainer[]> {
    const state = await this.docker.read();
    const ours = state?.networks.find(isOurs);
    if (!ours) return [];
    return (await this.docker.endpoints(ours.id)).map((each) => ({ ...each, kind: 'docker' }));
  }

  /** Neither runtime pays for the other's failure; of two failures the first is thrown and the other said. */
  async #both(cni: Promise<Changes>, docker: Promise<Changes>): Promise<Changes> {
    const outcomes = await Promise.allSettled([cni, docker]);
    const done = outcomes.flatMap((each) => (each.status === 'fulfilled' ? each.value : []));
    const failures = outcomes.flatMap((each) => (each.status === 'rejected' ? [each.reason as unknown] : []));
    if (failures.length === 0) return done;
    for (const { what, why } of done)
      this.log.say('containers.changed', `${what} (${why}), and something else failed`);
    for (const failure of failures.slice(1)) this.log.say('containers.failed', messageOf(failure));
    throw failures[0];
  }
}

function numberOf({ address }: LocalContainer): number {
  return Subnet.parse(`${address}/32`).base;
}
