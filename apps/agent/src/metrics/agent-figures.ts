import { version } from '#host';
import { Counter, Gauge, Histogram, processMetrics, type Registry } from '#metrics';
import type { ContainerKeeper } from '../network/container-keeper.js';
import type { Keeper } from '../network/keeper.js';
import type { LinkObserver, ObservedLink } from '../network/link-observer.js';
import type { NetworkFollower } from '../network/network-follower.js';
import type { StatusBoard } from '../status-board.js';

/** What the figures are of. */
export interface Measured {
  readonly board: StatusBoard;
  readonly keeper: Keeper;
  readonly follower: NetworkFollower;
  readonly observer: LinkObserver;
  readonly containers: ContainerKeeper;
}

/** Seconds. A pass is some ten short processes. */
const BUCKETS = [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const CHANNELS = ['tunnel', 'direct', 'loopback'] as const;

/** The agent's figures: what happens is counted as it happens, what is, is looked at when somebody asks. */
export function agentFigures(measured: Measured): Registry {
  const registry = processMetrics(version);
  const registers = [registry];
  lookAtEngine(measured, registers);
  countPasses(measured, registers);
  lookAtLinks(measured, registers);
  return registry;
}

function lookAtEngine({ board }: Measured, registers: Registry[]): void {
  new Gauge({
    name: 'banyan_engine_connected',
    help: '1 for the path by which the engine is reached now.',
    labelNames: ['path'],
    registers,
    collect() {
      for (const path of CHANNELS) this.set({ path }, board.channel === path ? 1 : 0);
    },
  });
}

function countPasses({ keeper, follower, containers }: Measured, registers: Registry[]): void {
  const passes = new Histogram({
    name: 'banyan_reconcile_seconds',
    help: 'How long it takes to look at this host and to make it what it should be.',
    buckets: BUCKETS,
    registers,
  });
  const failures = new Counter({
    name: 'banyan_reconcile_failures_total',
    help: 'Passes that could not make this host what it should be.',
    registers,
  });
  const repairs = new Counter({
    name: 'banyan_repairs_total',
    help: 'Changes by somebody else that were changed back.',
    registers,
  });
  keeper.passes.subscribe((pass) => {
    passes.observe(pass.milliseconds / 1000);
    repairs.inc(pass.repairs);
    if (pass.failed) failures.inc();
  });
  new Gauge({
    name: 'banyan_network_problem',
    help: '1 for what keeps this host from the newest network: error (a pass failed), refused, held (until `banyan-engine adopt`), containers.',
    labelNames: ['kind'],
    registers,
    collect() {
      const { error, refused, held } = follower.view;
      this.set({ kind: 'error' }, error ? 1 : 0);
      this.set({ kind: 'refused' }, refused === '' ? 0 : 1);
      this.set({ kind: 'held' }, held ? 1 : 0);
      this.set({ kind: 'containers' }, containers.error ? 1 : 0);
    },
  });
}

function lookAtLinks({ observer }: Measured, registers: Registry[]): void {
  new Gauge({
    name: 'banyan_links',
    help: 'Links to peers: up, and those there should be.',
    labelNames: ['kind'],
    registers,
    collect() {
      const { up, wanted } = observer.count;
      this.set({ kind: 'up' }, up);
      this.set({ kind: 'wanted' }, wanted);
    },
  });
  /** @param of undefined: this peer has none. */
  const ofPeers = (name: string, help: string, of: (link: ObservedLink) => number | undefined) =>
    new Gauge({
      name,
      help,
      labelNames: ['peer'],
      registers,
      collect() {
        this.reset();
        for (const link of observer.links) {
          const value = of(link);
          if (value !== undefined) this.set({ peer: link.name }, value);
        }
      },
    });
  ofPeers('banyan_peer_up', '1 for a peer with a handshake in the last three minutes.', ({ up }) =>
    up ? 1 : 0,
  );
  ofPeers(
    'banyan_peer_handshake_age_seconds',
    'Since the last handshake, by a clock that nobody sets; absent when there was none.',
    ({ handshakeAgeMs: age }) => (age === undefined ? undefined : age / 1000),
  );
  const bytes = (name: string, help: string, of: (link: ObservedLink) => number) =>
    new Counter({
      name,
      help,
      labelNames: ['peer'],
      registers,
      // WireGuard counts; a peer that is taken out and comes again begins anew, as Prometheus expects of a counter.
      collect() {
        this.reset();
        for (const link of observer.links) this.inc({ peer: link.name }, of(link));
      },
    });
  bytes(
    'banyan_peer_received_bytes_total',
    'From this peer, since the interface is there.',
    ({ receivedBytes }) => receivedBytes,
  );
  bytes(
    'banyan_peer_sent_bytes_total',
    'To this peer, since the interface is there.',
    ({ sentBytes }) => sentBytes,
  );
  ofPeers(
    'banyan_peer_round_trip_seconds',
    'To the gateway of this peer; absent while not measured.',
    ({ roundTripUs }) => (roundTripUs === 0 ? undefined : roundTripUs / 1e6),
  );
}
