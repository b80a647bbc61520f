import { Turns } from '#host';
import type { Log } from '#log';
import { HandshakeAges, type ActualDevice, type Change, type DesiredDevice } from '#wireguard';
import type { DataPlane, DesiredDataPlane, HostChange, LinkState } from './data-plane.js';
import { CLOSED, desiredDevice } from './desired-device.js';
import { Acceptance } from './docker/acceptance.js';
import { DriftWatch } from './drift-watch.js';
import { EndpointHints, hintOf } from './endpoint-hints.js';
import { hostDestinations, routeClash } from './foreign-routes.js';
import { closingChanges, deviceChanges, openingChanges } from './host-changes.js';
import {
  planClosing,
  planDevice,
  planRemovals,
  planOpening,
  type DevicePlan,
  type HostState,
  type OpeningPlan,
} from './host-plan.js';
import { planKeyMove, type HeldMove, type KeyMove } from './key-move.js';
import { INTERFACE } from './names.js';
import { gatewayOf, rememberBridge, type BridgeMemory } from './plan-bridge.js';
import { dataPlaneTables } from './rules/tables.js';
import type { DataPlaneHost } from './system/data-plane-host.js';
import { takeDown } from './take-down.js';

/** More than a person reads: a thousand peers can change at once. */
const CHANGES_SAID = 5;

/** The data plane of whatever host it is given: looks, plans, carries out, and remembers what only it can know. */
export class HostDataPlane implements DataPlane {
  readonly #turns = new Turns();
  readonly #hints = new EndpointHints();
  readonly #ages = new HandshakeAges();
  readonly #acceptance: Acceptance;
  #bridge: BridgeMemory | undefined;
  /** What the host was last made. */
  #last: DesiredDataPlane | undefined;
  /** What peers are called, also those of the network before. */
  #names: ReadonlyMap<string, string> = new Map();

  constructor(
    private readonly host: DataPlaneHost,
    private readonly log: Log,
  ) {
    this.#acceptance = new Acceptance(host.docker, log);
  }

  apply(desired: DesiredDataPlane): Promise<readonly HostChange[]> {
    return this.#turns.take(() => this.host.exclusively(() => this.#apply(desired)));
  }

  hold(move: KeyMove): Promise<HeldMove> {
    const held = Promise.withResolvers<HeldMove>();
    const work = (): Promise<void> => this.#hold(move, (ready) => held.resolve(ready));
    this.#turns.take(() => this.host.exclusively(work)).catch((error: unknown) => held.reject(error));
    return held.promise;
  }

  async plan(desired: DesiredDataPlane): Promise<readonly HostChange[]> {
    const [state, found] = await Promise.all([this.#look(desired), this.host.devices.get(INTERFACE)]);
    const device = this.#planDevice(desired, state, found);
    const names = this.#namesWith(desired);
    return [
      ...deviceChanges(planRemovals(desired, found), names),
      ...closingChanges(planClosing(desired, state)),
      ...openingChanges(planOpening(desired, state, this.#bridge), device, names),
      ...(await this.#acceptance.plan()),
    ];
  }

  async links(): Promise<readonly LinkState[]> {
    const device = await this.host.devices.get(INTERFACE);
    const ages = this.#ages.look(device?.peers ?? []);
    return (device?.peers ?? []).map(
      ({ publicKey, endpoint, latestHandshakeMs, receivedBytes, sentBytes }) => ({
        publicKey,
        receivedBytes,
        sentBytes,
        ...(endpoint === undefined ? {} : { endpoint }),
        ...(latestHandshakeMs === undefined ? {} : { latestHandshakeMs }),
        handshakeAgeMs: ages.get(publicKey.text) ?? Infinity,
      }),
    );
  }

  async hostRoutes(): Promise<readonly string[]> {
    return hostDestinations((await this.host.network.read()).routes);
  }

  watch(onDrift: () => void): { close(): Promise<void> } {
    return new DriftWatch(this.host.follow, onDrift, this.log);
  }

  down(): Promise<readonly HostChange[]> {
    return this.#turns.take(() => this.host.exclusively(() => takeDown(this.host)));
  }

  async #apply(desired: DesiredDataPlane): Promise<readonly HostChange[]> {
    const done: HostChange[] = [];
    try {
      await this.#carryOut(desired, done);
    } catch (error) {
      if (done.length > 0) this.log.say('network.partial', `changed, before something failed: ${said(done)}`);
      throw error;
    }
    return done;
  }

  /** @param done is told what is done, also when something fails later. */
  async #carryOut(desired: DesiredDataPlane, done: HostChange[]): Promise<void> {
    const found = this.host.devices.get(INTERFACE);
    const closing = this.#close(desired, done);
    // Neither waits for the other, and nothing else comes before both were tried.
    for (const outcome of await Promise.allSettled([this.#revoke(desired, found, done), closing])) {
      if (outcome.status === 'rejected') throw outcome.reason;
    }
    const state = await closing;
    const device = this.#planDevice(desired, state, await found);
    const opening = planOpening(desired, state, this.#bridge);
    refuseClashes(desired, device, 'own');
    await this.#open(opening, device);
    done.push(...openingChanges(opening, device, this.#namesWith(desired)));
    this.#remember(desired, state);
    done.push(...(await this.#acceptance.ensure(state.surroundings.links)));
    refuseClashes(desired, device, 'peers');
  }

  /** Lasts until what `ready` is given is released. */
  async #hold(move: KeyMove, ready: (held: HeldMove) => void): Promise<void> {
    const desired = this.#last;
    const found = await this.host.devices.get(INTERFACE);
    const { prepare, go, undo } = planKeyMove(move, desired, found);
    const own = desired && desiredDevice(desired, CLOSED);
    const device = own && (move.own ? { ...own, privateKey: move.own } : own);
    if (device) await this.#change(device, prepare);
    const armed = device && go ? await this.host.devices.arm(device, go) : undefined;
    const released = Promise.withResolvers<void>();
    let going: Promise<void> | undefined;
    ready({
      go: () => (going ??= (armed?.fire() ?? Promise.resolve()).then(() => this.#greet(move, desired))),
      release: () => released.resolve(),
    });
    await released.promise;
    if (going) return going.catch(() => undefined);
    await armed?.disarm();
    if (device) await this.#change(device, undo);
  }

  /** An owner makes sessions under its new key with all at once: a peer that tried a moment too early waits for it. */
  #greet({ own }: KeyMove, desired: DesiredDataPlane | undefined): void {
    if (own && desired) this.host.greet(desired.network.peers.map(({ subnet }) => gatewayOf(subnet)));
  }

  #planDevice(desired: DesiredDataPlane, state: HostState, found: ActualDevice | undefined): DevicePlan {
    return planDevice(desired, state, found, this.#hints, this.#ages.look(found?.peers ?? []));
  }

  async #look({ network, hostAccess }: DesiredDataPlane): Promise<HostState> {
    const { kernel, firewall, forwarding } = this.host;
    const settings = kernel.read();
    const inspected = async (): Promise<HostState['tables']> => {
      const forwardingWasOff = (await forwarding.wasOff()) || !(await settings).forwarding;
      const tables = dataPlaneTables({ network, hostAccess, forwardingWasOff });
      return Promise.all(tables.map(async (table) => ({ table, is: await firewall.inspect(table) })));
    };
    const [surroundings, kernelSettings, tables, guard] = await Promise.all([
      this.host.network.read(),
      settings,
      inspected(),
      this.host.guard.read(),
    ]);
    return { surroundings, kernel: kernelSettings, tables, ...(guard ? { guard } : {}) };
  }

  /** Takes away the peers that are none any more. */
  async #revoke(
    desired: DesiredDataPlane,
    found: Promise<ActualDevice | undefined>,
    done: HostChange[],
  ): Promise<void> {
    const removals = planRemovals(desired, await found);
    await this.#change(desiredDevice(desired, CLOSED), removals);
    done.push(...deviceChanges(removals, this.#namesWith(desired)));
  }

  /** @returns the host as it was before. */
  async #close(desired: DesiredDataPlane, done: HostChange[]): Promise<HostState> {
    const state = await this.#look(desired);
    const closing = planClosing(desired, state);
    for (const { table } of closing.tables) await this.host.firewall.ensure(table);
    await this.host.network.carryOut(closing.barrier);
    // Before anything opens: a host that would be open after its next boot is not closed.
    for (const { guard } of closing.guard) await this.host.guard.write(guard);
    done.push(...closingChanges(closing));
    return state;
  }

  async #open({ forwarding, bridge, reversePath }: OpeningPlan, device: DevicePlan): Promise<void> {
    const { kernel, network } = this.host;
    if (forwarding.length > 0) await this.host.forwarding.noteWasOff();
    for (const { key, value } of forwarding) await kernel.set(key, value);
    await network.carryOut(bridge);
    await this.#change(device.desired, device.changes);
    for (const { key, value } of reversePath) await kernel.set(key, value);
  }

  async #change(desired: DesiredDevice, changes: readonly Change[]): Promise<void> {
    if (changes.length > 0) await this.host.devices.apply(desired, changes);
  }

  #remember(desired: DesiredDataPlane, { surroundings }: HostState): void {
    const { network, engineAddress } = desired;
    this.#last = desired;
    this.#hints.settle(network.peers, (peer) => hintOf(peer, network, engineAddress));
    this.#bridge = rememberBridge(surroundings.links) ?? this.#bridge;
    this.#names = new Map(network.peers.map(({ publicKey, name }) => [publicKey.text, name]));
  }

  #namesWith({ network }: DesiredDataPlane): ReadonlyMap<string, string> {
    return new Map([
      ...this.#names,
      ...network.peers.map(({ publicKey, name }) => [publicKey.text, name] as const),
    ]);
  }
}

/** Our own subnet is not opened where somebody else has it; a peer's is only not routed, and the others are. */
function refuseClashes({ network }: DesiredDataPlane, { clashes }: DevicePlan, which: 'own' | 'peers'): void {
  const owners = which === 'own' ? [{ name: 'this agent', subnet: network.subnet }] : network.peers;
  for (const { name, subnet } of owners) {
    const route = clashes.get(subnet);
    if (route) throw routeClash(subnet, route, name);
  }
}

function said(changes: readonly HostChange[]): string {
  const more = changes.length - CHANGES_SAID;
  const words = changes.slice(0, CHANGES_SAID).map(({ what, why }) => `${what} (${why})`);
  return words.join('; ') + (more > 0 ? `; and ${more} more` : '');
}
