import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';

/** A timer this often: how late the event loop is at it is what is told. Ten times as often would be seen in an idle process. */
const LAG_RESOLUTION_MS = 100;

/** Gauges that are called as counters are; the sums of others that stay. */
const MISNAMED = ['handles', 'requests', 'resources'].map((what) => `nodejs_active_${what}_total`);

/**
 * A registry with what every process has: processor time, memory, descriptors, how late its event loop is, and which
 * version it is.
 */
export function processMetrics(version: string): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: LAG_RESOLUTION_MS });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
  new Gauge({
    name: 'banyan_build_info',
    help: 'Always 1; the version is the label.',
    labelNames: ['version'],
    registers: [registry],
  }).set({ version }, 1);
  return registry;
}
