import type { EngineSettings } from '#config';
import { messageOf } from '#errors';
import { previousInForce } from '../../../engine/src/keys/previous-key-file.js';
import type { ListedClient } from '../client-table.js';
import { shownDuration } from '../duration.js';
import { shownRevision } from '../revision.js';
import { facts } from '../table.js';
import type { RunningEngine } from './admin-socket.js';
import { clients } from './clients.js';

/** What `banyan-engine status` says; null is what only a running engine knows. */
export interface EngineReport {
  readonly running: boolean;
  readonly version: string | null;
  readonly public_key: string;
  readonly fingerprint: string;
  /** Null when the engine answers by no key but its own. */
  readonly previous_key: { readonly fingerprint: string; readonly not_learned: readonly string[] } | null;
  readonly started_at_ms: number | null;
  readonly grpc_port: number;
  readonly tunnel: { readonly up: boolean; readonly detail: string };
  readonly store_backend: string;
  readonly header_auth: string;
  readonly whitelist: {
    readonly directory: string;
    readonly error: string | null;
    readonly admitted: number;
    readonly refused: number;
  };
  readonly agents: { readonly online: number; readonly total: number } | null;
  /** Live ones, by the path they took. */
  readonly connections: { readonly tunnel: number; readonly direct: number } | null;
  readonly network: {
    readonly vpc_cidr: string;
    readonly subnets_used: number;
    readonly subnets_total: number;
    readonly revision: number;
    readonly store_id: string;
    /** Names of the agents that keep the network of another store until `adopt`. */
    readonly holding: readonly string[];
  } | null;
  readonly warnings: readonly string[];
}

export async function engineReport(
  settings: EngineSettings,
  engine: RunningEngine | undefined,
): Promise<EngineReport> {
  return engine === undefined ? fromFiles(settings) : fromEngine(settings, engine);
}

async function fromEngine(settings: EngineSettings, engine: RunningEngine): Promise<EngineReport> {
  const status = await engine.call('engineStatus', {});
  const rotated =
    status.publicKey === settings.privateKey.publicKey.text
      ? []
      : [
          `the engine runs with another key than ${settings.configPath} has: restart it to use the new one, or finish a rotation with \`banyan-engine rotate\``,
        ];
  return {
    running: true,
    version: status.version,
    public_key: status.publicKey,
    fingerprint: status.fingerprint,
    previous_key: status.previousFingerprint
      ? { fingerprint: status.previousFingerprint, not_learned: status.notLearned }
      : null,
    started_at_ms: status.startedAtMs,
    grpc_port: status.grpcPort,
    tunnel: { up: status.tunnelUp, detail: status.tunnelDetail },
    store_backend: status.storeBackend,
    header_auth: status.headerAuth,
    whitelist: {
      directory: status.whitelistedKeysDir,
      error: status.directoryError || null,
      admitted: status.clientsAdmitted,
      refused: status.clientsRefused,
    },
    agents: { online: status.agentsOnline, total: status.agentsTotal },
    connections: { tunnel: status.connectionsTunnel, direct: status.connectionsDirect },
    network: {
      vpc_cidr: status.vpcCidr,
      subnets_used: status.subnetsUsed,
      subnets_total: status.subnetsTotal,
      revision: status.revision,
      store_id: status.storeId,
      holding: status.holding,
    },
    warnings: [...status.warnings, ...rotated, ...unadopted(status.holding)],
  };
}

function unadopted(holding: readonly string[]): string[] {
  if (holding.length === 0) return [];
  return [
    `${holding.join(', ')} ${holding.length === 1 ? 'keeps' : 'keep'} the network of another store. If the store was lost for good, \`banyan-engine adopt\` makes this one count`,
  ];
}

async function fromFiles(settings: EngineSettings): Promise<EngineReport> {
  const listed = await clients(settings, undefined).catch((error: unknown) => ({
    clients: [],
    remembersSinceMs: 0,
    directoryError: messageOf(error),
    warnings: [],
  }));
  const admitted = listed.clients.filter(({ state }) => state === 'admitted').length;
  const { publicKey } = settings.privateKey;
  return {
    running: false,
    version: null,
    public_key: publicKey.text,
    fingerprint: publicKey.fingerprint,
    previous_key: await previousInFiles(settings, listed.clients),
    started_at_ms: null,
    grpc_port: settings.grpcPort,
    tunnel: { up: false, detail: 'the engine is not running' },
    store_backend: settings.storeBackend,
    header_auth: settings.headerAuth,
    whitelist: {
      directory: settings.whitelistedKeysDir,
      error: listed.directoryError || null,
      admitted,
      refused: listed.clients.length - admitted,
    },
    agents: null,
    connections: null,
    network: null,
    warnings: listed.warnings,
  };
}

async function previousInFiles(
  settings: EngineSettings,
  listed: readonly ListedClient[],
): Promise<EngineReport['previous_key']> {
  const previous = await previousInForce(settings).catch(() => undefined);
  if (!previous) return null;
  return {
    fingerprint: previous.privateKey.publicKey.fingerprint,
    not_learned: listed.flatMap(({ name, state, public_key: key }) =>
      state === 'admitted' && !previous.learned.has(key ?? '') ? [name] : [],
    ),
  };
}

function previousText({ previous_key: previous }: EngineReport): [string, string][] {
  if (!previous) return [];
  const left = previous.not_learned.join(', ');
  return [['previous key', `${previous.fingerprint}, not learned yet: ${left || 'nobody is left'}`]];
}

export function engineText(report: EngineReport, now = Date.now()): string {
  const { whitelist, agents, tunnel, network } = report;
  const state =
    report.started_at_ms === null
      ? 'not running'
      : `running for ${shownDuration(now - report.started_at_ms)}`;
  return facts([
    ['engine', report.version === null ? state : `${state}, version ${report.version}`],
    ['key', report.fingerprint],
    ['public key', report.public_key],
    ...previousText(report),
    ['port', `${report.grpc_port}/tcp`],
    ['tunnel', `${tunnel.up ? 'up' : 'down'}${tunnel.detail === '' ? '' : ` (${tunnel.detail})`}`],
    ['store', report.store_backend],
    ['header auth', report.header_auth],
    ['whitelist', `${whitelist.directory}: ${whitelist.admitted} admitted, ${whitelist.refused} refused`],
    ...(whitelist.error === null ? [] : [['error', whitelist.error] as const]),
    ...(network === null
      ? []
      : ([
          [
            'network',
            `${network.vpc_cidr}: ${network.subnets_used} of ${network.subnets_total} subnets in use`,
          ],
          ['revision', shownRevision(network.revision)],
        ] as const)),
    ...(agents === null ? [] : [['agents', `${agents.online} of ${agents.total} online`] as const]),
  ]);
}
