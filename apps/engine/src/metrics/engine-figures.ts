import { status } from '@grpc/grpc-js';
import type { Gate } from '#channel';
import { version } from '#host';
import { Counter, Gauge, Histogram, processMetrics, type Registry } from '#metrics';
import { coversRole } from '#whitelist';
import type { RefusalCounts } from '../audit/refusal-counts.js';
import type { Leases } from '../network/leases.js';
import type { NetworkService } from '../network/network.service.js';
import type { Receipts } from '../network/receipts.js';
import type { AgentRegistry, AgentView } from '../registry/agent-registry.js';
import type { ControlTunnel } from '../tunnel/control-tunnel.js';
import type { WhitelistService } from '../whitelist/whitelist.service.js';
import { PublicationTimes } from './publication-times.js';
import type { TimedStore } from '../store/timed-store.js';

/** What the figures are of. */
export interface Measured {
  readonly gate: Gate;
  readonly whitelist: WhitelistService;
  readonly registry: AgentRegistry;
  readonly network: NetworkService;
  readonly leases: Leases;
  readonly receipts: Receipts;
  readonly tunnel: ControlTunnel;
  readonly store: TimedStore;
  readonly refusals: RefusalCounts;
}

/** Seconds. A revocation is to be everywhere within one. */
const BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const STATES = ['admitted', 'invalid', 'duplicate', 'conflict', 'expired'] as const;
const PATHS = ['tunnel', 'direct', 'loopback'] as const;

/** The engine's figures: what happens is counted as it happens, what is, is looked at when somebody asks. */
export function engineFigures(measured: Measured): Registry {
  const registry = processMetrics(version);
  const registers = [registry];
  countCalls(measured, registers);
  const times = new PublicationTimes();
  timeChanges(measured, times, registers);
  lookAtNetwork(measured, registers);
  lookAtAgents(measured, times, registers);
  return registry;
}

function countCalls({ gate, store, refusals }: Measured, registers: Registry[]): void {
  const calls = new Counter({
    name: 'banyan_rpcs_total',
    help: 'Calls that have ended, by RPC and gRPC status.',
    labelNames: ['method', 'code'],
    registers,
  });
  gate.observeCalls(({ method, code }) => calls.inc({ method, code: status[code] }));
  const refused = new Counter({
    name: 'banyan_refused_calls_total',
    help: 'Calls that were refused before anything was done for them, by reason.',
    labelNames: ['reason'],
    registers,
  });
  refusals.counted.subscribe((reason) => refused.inc({ reason }));
  new Gauge({
    name: 'banyan_connections',
    help: 'Open connections, by the path they came on.',
    labelNames: ['path'],
    registers,
    collect() {
      const counts = gate.connections.countByPath();
      for (const path of PATHS) this.set({ path }, counts.get(path) ?? 0);
    },
  });
  const seconds = new Histogram({
    name: 'banyan_store_seconds',
    help: 'How long calls of the store take.',
    labelNames: ['operation'],
    buckets: BUCKETS,
    registers,
  });
  store.calls.subscribe(({ operation, milliseconds }) => seconds.observe({ operation }, milliseconds / 1000));
}

function timeChanges({ network, receipts }: Measured, times: PublicationTimes, registers: Registry[]): void {
  const propagation = new Histogram({
    name: 'banyan_propagation_seconds',
    help: 'From the publication of a network to the word of an agent that its host has become it.',
    buckets: BUCKETS,
    registers,
  });
  network.published.subscribe(() => times.published(network.feed.revision, performance.now()));
  network.acknowledged.subscribe((id) => {
    const taken = times.acknowledged(id, network.reportOf(id).appliedRevision, performance.now());
    if (taken !== undefined) propagation.observe(taken / 1000);
  });
  const revocation = new Histogram({
    name: 'banyan_revocation_seconds',
    help: 'From a revocation to the word of every agent that is online; those that did not answer count for all the wait.',
    buckets: BUCKETS,
    registers,
  });
  receipts.issued.subscribe(({ milliseconds }) => revocation.observe(milliseconds / 1000));
}

function lookAtNetwork({ whitelist, network, leases, tunnel }: Measured, registers: Registry[]): void {
  new Gauge({
    name: 'banyan_whitelist_entries',
    help: 'Files of the keys directory, by state.',
    labelNames: ['state'],
    registers,
    collect() {
      const entries = whitelist.snapshot.entries();
      for (const state of STATES)
        this.set({ state }, entries.filter((entry) => entry.state === state).length);
    },
  });
  new Gauge({
    name: 'banyan_whitelist_readable',
    help: '1 when the keys directory can be taken at its word.',
    registers,
    collect() {
      this.set(whitelist.directoryError === undefined ? 1 : 0);
    },
  });
  new Gauge({
    name: 'banyan_control_tunnel_up',
    help: '1 when wg-control is up.',
    registers,
    collect() {
      this.set(tunnel.up ? 1 : 0);
    },
  });
  new Gauge({
    name: 'banyan_revision',
    help: 'The newest revision of the network.',
    registers,
    collect() {
      this.set(network.feed.revision);
    },
  });
  new Gauge({
    name: 'banyan_subnets',
    help: 'Subnets of the network: leased, and all there are.',
    labelNames: ['kind'],
    registers,
    collect() {
      this.set({ kind: 'leased' }, leases.used);
      this.set({ kind: 'all' }, leases.total);
    },
  });
}

function lookAtAgents(measured: Measured, times: PublicationTimes, registers: Registry[]): void {
  const { network } = measured;
  new Gauge({
    name: 'banyan_agents',
    help: 'Agents that are admitted, by state.',
    labelNames: ['state'],
    registers,
    collect() {
      const agents = admitted(measured);
      times.keep(new Set(agents.map(({ id }) => id)));
      for (const state of ['online', 'offline'] as const)
        this.set({ state }, agents.filter((agent) => agent.state === state).length);
    },
  });
  new Gauge({
    name: 'banyan_agent_online',
    help: '1 for an agent that is online, 0 for one that is admitted and is not.',
    labelNames: ['agent'],
    registers,
    collect() {
      this.reset();
      for (const { name, state } of admitted(measured)) this.set({ agent: name }, state === 'online' ? 1 : 0);
    },
  });
  new Gauge({
    name: 'banyan_agent_revision_lag_seconds',
    help: 'For how long there has been a newer network than an agent that is online has applied.',
    labelNames: ['agent'],
    registers,
    collect() {
      this.reset();
      for (const { id, name } of online(measured)) {
        const behind = times.behind(network.reportOf(id).appliedRevision, performance.now());
        this.set({ agent: name }, behind / 1000);
      }
    },
  });
  new Gauge({
    name: 'banyan_agent_links',
    help: 'Links of an agent that is online: up, and those there should be.',
    labelNames: ['agent', 'kind'],
    registers,
    collect() {
      this.reset();
      for (const { id, name } of online(measured)) {
        const { up, wanted } = network.reportOf(id).count;
        this.set({ agent: name, kind: 'up' }, up);
        this.set({ agent: name, kind: 'wanted' }, wanted);
      }
    },
  });
}

/** Without those whose record is all that is left: nobody is to miss an agent that is revoked. What has ceased to count for
 * another reason, as by its last day, is told by the state of its file. */
function admitted({ registry, whitelist }: Measured): readonly AgentView[] {
  return registry.list().filter(({ publicKey }) => {
    const client = whitelist.snapshot.find(publicKey.text);
    return client !== undefined && coversRole(client.role, 'agent');
  });
}

function online(measured: Measured): readonly AgentView[] {
  return admitted(measured).filter(({ state }) => state === 'online');
}
