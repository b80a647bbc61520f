import { asBanyanError, BanyanError, messageOf } from '#errors';
import type { Ensured, Table } from '#firewall';
import type { PublicKey } from '#crypto';
import { plan, type ActualDevice, type Change, type DesiredDevice } from '#wireguard';
import { refuseForeignNetwork } from './foreign-network.js';
import type { Surroundings } from './host-network.js';
import { refuseHeld } from './ownership.js';
import type { TunnelHost } from './system/tunnel-host.js';
import { INTERFACE, label, tablesOfOthers, type Role } from './wg-control.js';

export interface Seen {
  readonly device: ActualDevice | undefined;
  readonly surroundings: Surroundings;
}

/** Where to take the interface. */
export interface Aim {
  desired(seen: Seen): DesiredDevice;
  readonly table: Table;
  /** `refused`: without firewall rules there is to be no interface. */
  readonly unguarded: 'refused' | 'tolerated';
  /** The interface was seen to be this, or made this, with nothing awaited since. */
  reached(desired: DesiredDevice, how: 'seen' | 'made'): void;
}

export interface Settled {
  /** What had to be changed; empty when all was as it should be. */
  readonly changes: readonly Change[];
  /** What became of the firewall rules; an error where they are missing and that is tolerated. */
  readonly guard: Ensured | BanyanError;
}

/** Whether the interface went, was not there, or stays because another role has it; and what failed beside. */
export interface Removal {
  readonly interface: 'removed' | 'absent' | 'not ours';
  readonly warning?: string;
}

interface Inspection {
  readonly alias: string | undefined;
  readonly desired: DesiredDevice;
  readonly changes: readonly Change[];
}

/**
 * `wg-control` and its firewall rules as one thing: looked at, and taken where it should be. No packet passes
 * an interface that has no rules yet: a new one is brought up only after them.
 */
export class ControlInterface {
  constructor(
    private readonly host: TunnelHost,
    private readonly role: Role,
    private readonly own: PublicKey,
  ) {}

  /**
   * One pass. Does nothing where nothing differs; takes back a half-made interface, and says so.
   *
   * @throws BanyanError `conflict` when the interface or the network is somebody else's; `host` when this
   *   host cannot have it.
   */
  async settle(aim: Aim): Promise<Settled> {
    const first = await this.#inspect(aim).catch(otherThanHalfMade);
    if (first && this.#isSettled(first)) return { changes: [], guard: await this.#guard(aim) };
    return this.host.exclusively(async () => this.#act(aim, await this.#inspect(aim)));
  }

  /** Takes away the interface and its rules, unless the interface is another role's. @param table name of ours. */
  async remove(table: string): Promise<Removal> {
    return this.host.exclusively(async () => {
      const [device, { links }] = await Promise.all([
        this.host.devices.get(INTERFACE),
        this.host.network.read(),
      ]);
      try {
        if (device) refuseHeld(device, aliasIn(links), this.role, this.own);
      } catch {
        return { interface: 'not ours' };
      }
      await this.host.devices.remove(INTERFACE);
      const warning = await this.host.firewall.remove([table]).then(() => undefined, messageOf);
      return {
        interface: device ? 'removed' : 'absent',
        ...(warning === undefined ? {} : { warning }),
      };
    });
  }

  async #inspect(aim: Aim): Promise<Inspection> {
    const [device, surroundings] = await Promise.all([
      this.host.devices.get(INTERFACE),
      this.host.network.read(),
    ]);
    const alias = aliasIn(surroundings.links);
    if (device) refuseHeld(device, alias, this.role, this.own);
    if (!device?.up) refuseForeignNetwork(surroundings);
    const desired = aim.desired({ device, surroundings });
    const inspection = { alias, desired, changes: plan(desired, device) };
    if (this.#isSettled(inspection)) aim.reached(desired, 'seen');
    return inspection;
  }

  #isSettled({ changes, alias }: Inspection): boolean {
    return changes.length === 0 && alias === label(this.role);
  }

  async #act(aim: Aim, { desired, changes, alias }: Inspection): Promise<Settled> {
    const { devices, network, firewall } = this.host;
    const created = changes[0]?.kind === 'create';
    const setUp = changes.findIndex(({ kind }) => kind === 'set-up');
    const [prepare, connect] = setUp < 0 ? [changes, []] : [changes.slice(0, setUp), changes.slice(setUp)];
    if (prepare.length > 0) await devices.apply(desired, prepare);
    const guard = await this.#guard(aim);
    try {
      if (created || alias !== label(this.role)) await network.label(INTERFACE, label(this.role));
      // Nobody had the interface: rules that another role has left behind would be about ours.
      if (created && typeof guard === 'string') await firewall.remove(tablesOfOthers(this.role));
      if (connect.length > 0) await devices.apply(desired, connect);
    } catch (error) {
      throw created ? await this.#rollBack(aim, error) : error;
    }
    aim.reached(desired, 'made');
    return { changes, guard };
  }

  async #guard({ table, unguarded }: Aim): Promise<Ensured | BanyanError> {
    try {
      return await this.host.firewall.ensure(table);
    } catch (error) {
      const failure = asBanyanError(error);
      if (unguarded === 'tolerated') return failure;
      await this.host.devices.remove(INTERFACE);
      throw withEnding(
        failure,
        `without its rules ${INTERFACE} would be every user's of this host, so there is none`,
      );
    }
  }

  async #rollBack({ table }: Aim, failure: unknown): Promise<BanyanError> {
    const ending = await this.host.devices
      .remove(INTERFACE)
      .then(() => this.host.firewall.remove([table.name]))
      .then(
        () => `${INTERFACE} and its rules were removed again`,
        (error: unknown) => `${INTERFACE} could not be removed again either: ${messageOf(error)}`,
      );
    return withEnding(failure, ending);
  }
}

function aliasIn(links: Surroundings['links']): string | undefined {
  return links.find(({ name }) => name === INTERFACE)?.alias;
}

/**
 * An interface of our name that nobody answers for may be one that another process is making right now: that
 * is looked at again when it is done. What is certain is thrown.
 */
function otherThanHalfMade(error: unknown): undefined {
  if (error instanceof BanyanError && error.kind === 'conflict') return undefined;
  throw error;
}

function withEnding(failure: unknown, ending: string): BanyanError {
  const { kind, remedy } = asBanyanError(failure);
  return new BanyanError(kind, `${messageOf(failure)}; ${ending}`, {
    cause: failure,
    ...(remedy === undefined ? {} : { remedy }),
  });
}
