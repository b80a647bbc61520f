import { Inject, Injectable } from '@nestjs/common';
import { isLoopback, type Connection, type Path } from '#channel';
import type { EngineSettings } from '#config';
import { messageOf } from '#errors';
import { log } from '#log';
import { addressOf } from '#wireguard';
import type { Agent } from '../registry/agent.js';
import { whereabouts, type Whereabouts } from '../registry/whereabouts.js';
import { SETTINGS } from '../settings.js';
import { ControlTunnel } from '../tunnel/control-tunnel.js';

/** Addresses on the underlay of the control tunnel's peers, by key. */
type Underlay = ReadonlyMap<string, string>;

/** Finds out where agents are. */
@Injectable()
export class Locator {
  #reading: Promise<Underlay> | undefined;

  constructor(
    @Inject(SETTINGS) private readonly settings: EngineSettings,
    private readonly tunnel: ControlTunnel,
  ) {}

  /** Where an agent is that calls by this connection; undefined when that cannot be known. Never rejects. */
  async find(agent: Agent, { path, remoteAddress }: Connection): Promise<Whereabouts | undefined> {
    const address = await this.observed(agent, { path, remoteAddress });
    const { where, ignored } = this.#judge(agent, path, address);
    if (ignored !== undefined) {
      log.say('agent.misplaced', `reports the address ${ignored}, which cannot be an endpoint: ignored`, {
        name: agent.name,
      });
    }
    return where;
  }

  /**
   * Where the engine itself sees the end of this connection, whatever its agent reports: what may be sent to it goes
   * there. Never rejects.
   */
  observed(
    { publicKey }: Pick<Agent, 'publicKey'>,
    { path, remoteAddress }: Pick<Connection, 'path' | 'remoteAddress'>,
  ): Promise<string | undefined> {
    return path === 'tunnel' ? this.#underlayOf({ publicKey }) : Promise.resolve(remoteAddress);
  }

  /** Where agents are that are in the tunnel: WireGuard follows one that moves, and tells nobody. Never rejects. */
  async findAll(agents: readonly Agent[]): Promise<Map<Agent, Whereabouts>> {
    const underlay = await this.#read();
    const found = new Map<Agent, Whereabouts>();
    for (const agent of agents) {
      const { where } = this.#judge(agent, 'tunnel', underlay.get(agent.publicKey.text));
      if (where) found.set(agent, where);
    }
    return found;
  }

  #judge(agent: Agent, path: Path, address: string | undefined): ReturnType<typeof whereabouts> {
    const beside = address !== undefined && isLoopback(address);
    return whereabouts(agent.reported, { path: beside ? 'loopback' : path, address }, this.settings.vpcCidr);
  }

  async #underlayOf({ publicKey }: Pick<Agent, 'publicKey'>): Promise<string | undefined> {
    // A reading that others wait for may have begun before this agent's handshake.
    return (await this.#read()).get(publicKey.text) ?? (await this.#read()).get(publicKey.text);
  }

  #read(): Promise<Underlay> {
    this.#reading ??= this.tunnel
      .endpoints()
      .then((endpoints) => new Map(Array.from(endpoints, ([key, endpoint]) => [key, addressOf(endpoint)])))
      .catch((error: unknown) => {
        log.say('tunnel.unreadable', `the endpoints of wg-control cannot be read: ${messageOf(error)}`);
        return new Map<string, string>();
      })
      .finally(() => (this.#reading = undefined));
    return this.#reading;
  }
}
