import type { Log } from '#log';
import type { HostChange } from '../data-plane.js';
import type { Link } from '../host-network.js';
import type { DockerStep, DockerUser } from './docker-user.js';
import { planAcceptance } from './plan-acceptance.js';

const DOCKER_BRIDGE = 'docker0';
const NO_IPTABLES =
  `${DOCKER_BRIDGE} is here and \`iptables\` is not on PATH: if Docker filters with one elsewhere, it may drop what ` +
  'containers send to other hosts; install iptables';

/**
 * That Docker accepts the container network. Looked at and made last of all: iptables may wait for others, and what
 * Docker drops keeps nothing else from being done.
 */
export class Acceptance {
  #saidNoIptables = false;

  constructor(
    private readonly docker: DockerUser,
    private readonly log: Log,
  ) {}

  /** @throws BanyanError `host` when the chain cannot be read. */
  async plan(): Promise<HostChange[]> {
    return inWords(planAcceptance(await this.docker.read()));
  }

  /** @returns what was changed. @throws BanyanError `host` when the chain cannot be read or changed. */
  async ensure(links: readonly Link[]): Promise<HostChange[]> {
    const chain = await this.docker.read();
    if (chain === 'no iptables' && links.some(({ name }) => name === DOCKER_BRIDGE)) this.#sayNoIptables();
    const steps = planAcceptance(chain);
    await this.docker.carryOut(steps);
    return inWords(steps);
  }

  #sayNoIptables(): void {
    if (!this.#saidNoIptables) this.log.say('network.partial', NO_IPTABLES);
    this.#saidNoIptables = true;
  }
}

function inWords(steps: readonly DockerStep[]): HostChange[] {
  return steps.map(({ what, why }) => ({ what, why }));
}
