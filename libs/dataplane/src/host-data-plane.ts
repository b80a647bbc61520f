import { Turns } from '#host';
import type { DataPlane, DesiredDataPlane, HostChange, LinkState } from './data-plane.js';
import { DriftWatch } from './drift-watch.js';
import { EndpointHints, hintOf } from './endpoint-hints.js';
import { hostDestinations, routeClash } from './foreign-routes.js';
import { hostChanges } from './host-changes.js';
import { planHost, type HostPlan, type HostState } from './host-plan.js';
import type { Log } from './log.js';
import { INTERFACE } from './names.js';
import { rememberBridge, type BridgeMemory } from './plan-bridge.js';
import { dataPlaneTables } from './rules/tables.js';
import type { DataPlaneHost } from './system/data-plane-host.js';
import { takeDown } from './take-down.js';

/** The data plane of whatever host it is given: looks, plans, carries out, and remembers what only it can know. */
export class HostDataPlane implements DataPlane {
  readonly #turns = new Turns();
  readonly #hints = new EndpointHints();
  #bridge: BridgeMemory | undefined;
  /** What peers are called, also those of the network before. */
  #names: ReadonlyMap<string, string> = new Map();

  constructor(
    private readonly host: DataPlaneHost,
    private readonly log: Log,
  ) {}

  apply(desired: DesiredDataPlane): Promise<readonly HostChange[]> {
    return this.#turns.take(() => this.host.exclusively(() => this.#apply(desired)));
  }

  async plan(desired: DesiredDataPlane): Promise<readonly HostChange[]> {
    const state = await this.#look(desired);
    return hostChanges(this.#planFor(desired, state), this.#namesWith(desired));
  }

  async links(): Promise<readonly LinkState[]> {
    const device = await this.host.devices.get(INTERFACE);
    return (device?.peers ?? []).map(
      ({ publicKey, endpoint, latestHandshakeMs, receivedBytes, sentBytes }) => ({
        publicKey,
        receivedBytes,
        sentBytes,
        ...(endpoint === undefined ? {} : { endpoint }),
        ...(latestHandshakeMs === undefined ? {} : { latestHandshakeMs }),
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
    const state = await this.#look(desired);
    const plan = this.#planFor(desired, state);
    const changes = hostChanges(plan, this.#namesWith(desired));
    await this.#close(plan);
    refuseClashes(desired, plan, 'own');
    await this.#open(plan);
    this.#remember(desired, state);
    refuseClashes(desired, plan, 'peers');
    return changes;
  }

  async #look({ network, listenPort, mtu, hostAccess }: DesiredDataPlane): Promise<HostState> {
    const { devices, kernel, firewall, forwarding } = this.host;
    const settings = kernel.read();
    const inspected = async (): Promise<HostState['tables']> => {
      const forwardingWasOff = (await forwarding.wasOff()) || !(await settings).forwarding;
      const tables = dataPlaneTables({ network, listenPort, mtu, hostAccess, forwardingWasOff });
      return Promise.all(tables.map(async (table) => ({ table, is: await firewall.inspect(table) })));
    };
    const [device, surroundings, kernelSettings, tables] = await Promise.all([
      devices.get(INTERFACE),
      this.host.network.read(),
      settings,
      inspected(),
    ]);
    return { device, surroundings, kernel: kernelSettings, tables };
  }

  #planFor(desired: DesiredDataPlane, state: HostState): HostPlan {
    return planHost(desired, state, { hints: this.#hints, bridge: this.#bridge }, Date.now());
  }

  async #close({ tables, barrier }: HostPlan): Promise<void> {
    for (const { table } of tables) await this.host.firewall.ensure(table);
    await this.host.network.carryOut(barrier);
  }

  async #open({ forwarding, bridge, device, reversePath }: HostPlan): Promise<void> {
    const { kernel, network, devices } = this.host;
    if (forwarding.length > 0) await this.host.forwarding.noteWasOff();
    for (const { key, value } of forwarding) await kernel.set(key, value);
    await network.carryOut(bridge);
    if (device.changes.length > 0) await devices.apply(device.desired, device.changes);
    for (const { key, value } of reversePath) await kernel.set(key, value);
  }

  #remember({ network, engineAddress }: DesiredDataPlane, { surroundings }: HostState): void {
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
function refuseClashes({ network }: DesiredDataPlane, { clashes }: HostPlan, which: 'own' | 'peers'): void {
  const owners = which === 'own' ? [{ name: 'this agent', subnet: network.subnet }] : network.peers;
  for (const { name, subnet } of owners) {
    const route = clashes.get(subnet);
    if (route) throw routeClash(subnet, route, name);
  }
}
