/** The chain that Docker leaves to its users, and asks before it decides itself. */
export const CHAIN = 'DOCKER-USER';

/** A rule as its arguments for `iptables`, without the chain, in the order in which `iptables -S` has them. */
export type DockerRule = readonly string[];

/** How the chain was found. Where there is no iptables, Docker can have made none. */
export type DockerChain = readonly DockerRule[] | 'no chain' | 'no iptables';

/** A change of the chain. */
export interface DockerStep {
  /** Arguments of `iptables`, one command each. */
  readonly commands: readonly (readonly string[])[];
  readonly what: string;
  readonly why: string;
}

/** What the data plane asks of the firewall of Docker. */
export interface DockerUser {
  /** @throws BanyanError `host` when there is an iptables that does not answer. */
  read(): Promise<DockerChain>;
  /** @throws BanyanError `host` at the first command that fails. */
  carryOut(steps: readonly DockerStep[]): Promise<void>;
}
