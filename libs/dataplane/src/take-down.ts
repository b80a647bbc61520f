import { BanyanError } from '#errors';
import type { HostChange } from './data-plane.js';
import type { NetworkStep } from './host-network.js';
import { planNoAcceptance } from './docker/plan-acceptance.js';
import { BRIDGE, INTERFACE } from './names.js';
import { planNoBarrier } from './plan-barrier.js';
import { planNoRoutingRules } from './plan-routing-rules.js';
import { DATA_PLANE_TABLES } from './rules/tables.js';
import type { DataPlaneHost } from './system/data-plane-host.js';

const WHY = 'the container network is taken down';

/**
 * Removes what the data plane made, of this run or an earlier one, what closes last. What only has the name of
 * ours stays. IP forwarding stays on: by now others may rely on it.
 *
 * @returns what was removed, and that about forwarding where we had switched it on.
 */
export async function takeDown(host: DataPlaneHost): Promise<HostChange[]> {
  const { devices, network, firewall, kernel, forwarding, guard, docker } = host;
  const changes: HostChange[] = [];
  if (await isOurs(host)) {
    await devices.remove(INTERFACE);
    changes.push({ what: `remove the interface ${INTERFACE}`, why: WHY });
  }
  const { links, routes, rules } = await network.read();
  const bridge: NetworkStep[] = links.some(({ name, kind }) => name === BRIDGE && kind === 'bridge')
    ? [{ line: `link delete dev ${BRIDGE}`, what: `remove the bridge ${BRIDGE}`, why: WHY }]
    : [];
  const steps = [...bridge, ...planNoBarrier(routes), ...planNoRoutingRules(rules)];
  await network.carryOut(steps);
  changes.push(...steps.map(({ what, why }) => ({ what, why })));
  const tables = await firewall.present(DATA_PLANE_TABLES);
  if (tables.length > 0) await firewall.remove(tables);
  changes.push(...tables.map((table) => ({ what: `remove the firewall table ${table}`, why: WHY })));
  const acceptance = planNoAcceptance(await docker.read());
  await docker.carryOut(acceptance);
  changes.push(...acceptance.map(({ what, why }) => ({ what, why })));
  // The last: a host that is not taken down yet is closed after a boot, too.
  if (await guard.remove()) changes.push({ what: 'remove the closing rules for the next boot', why: WHY });
  if (changes.length > 0 && (await forwarding.wasOff()) && (await kernel.read()).forwarding) {
    changes.push({ what: 'leave IP forwarding on', why: 'by now something else may rely on it' });
  }
  return changes;
}

async function isOurs({ devices }: DataPlaneHost): Promise<boolean> {
  try {
    return (await devices.get(INTERFACE)) !== undefined;
  } catch (error) {
    if (error instanceof BanyanError && error.kind === 'conflict') return false;
    throw error;
  }
}
