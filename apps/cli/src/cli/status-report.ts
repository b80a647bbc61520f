import type { EngineConnection } from '#channel';
import type { CliSettings } from '#config';
import type { ListAgentsResponse, ListLinksResponse, MeshLink, StatusResponse } from '#protocol';
import { shownDuration } from '../duration.js';
import { plural } from '../plural.js';
import { shownRevision } from '../revision.js';
import { facts } from '../table.js';

/** What `banyan-cli status` says. */
export interface OperatorReport {
  readonly channel: 'tunnel' | 'direct' | 'loopback';
  /** The name by which the whitelist knows the caller. */
  readonly identity: string;
  readonly round_trip_ms: number;
  readonly engine: {
    readonly host: string;
    readonly port: number;
    readonly version: string;
    readonly public_key: string;
    readonly fingerprint: string;
    /** False while the key was only trusted on first use. */
    readonly key_confirmed: boolean;
  };
  readonly tunnel: { readonly up: boolean; readonly detail: string };
  readonly agents: AgentsReport;
  readonly links: LinksReport;
  readonly network: {
    readonly vpc_cidr: string;
    readonly subnets_used: number;
    readonly subnets_total: number;
    readonly revision: number;
  };
  readonly whitelist: {
    readonly admitted: number;
    readonly invalid: number;
    readonly duplicate: number;
    readonly conflict: number;
    readonly expired: number;
    /** Keys that proved themselves and are not on it. */
    readonly pending: number;
    /** Why its directory cannot be taken at its word. */
    readonly error: string | null;
  };
  /** Of the engine. */
  readonly warnings: readonly string[];
}

export interface AgentsReport {
  readonly online: number;
  readonly total: number;
  /** The one that left last first. */
  readonly offline: readonly { readonly name: string; readonly last_seen_ms: number | null }[];
  /** Online, and not at the newest revision. */
  readonly behind: readonly {
    readonly name: string;
    /** Null when it has applied none. */
    readonly applied_revision: number | null;
    /** Why not; null when it may just not have had the time. */
    readonly refused: string | null;
  }[];
}

/** A link is a pair of agents. Of those that are neither up nor down nobody has said anything. */
export interface LinksReport {
  readonly wanted: number;
  readonly up: number;
  readonly down: number;
  /** Some of those that are down; at most ten. */
  readonly not_up: readonly { readonly a: string; readonly b: string; readonly state: string }[];
}

/** Links that are named. */
const LINKS = 10;

/** One round of calls: they are made at once. */
export async function operatorReport(
  settings: CliSettings,
  engine: EngineConnection,
): Promise<OperatorReport> {
  const sent = performance.now();
  const timed = engine
    .call('status', {})
    .then((status) => ({ status, roundTripMs: performance.now() - sent }));
  const [{ status, roundTripMs }, agents, links] = await Promise.all([
    timed,
    engine.call('listAgents', {}),
    engine.call('listLinks', { most: LINKS, agents: [], onlyDown: true }),
  ]);
  const { whitelist } = status;
  return {
    channel: engine.channel,
    identity: status.identity,
    round_trip_ms: Math.round(roundTripMs * 10) / 10,
    engine: {
      host: settings.engineHost,
      port: settings.enginePort,
      version: status.engineVersion,
      public_key: engine.engineKey.text,
      fingerprint: engine.engineKey.fingerprint,
      key_confirmed: engine.engineKeyConfirmed,
    },
    tunnel: engine.tunnel,
    agents: agentsReport(status, agents),
    links: linksReport(links),
    network: {
      vpc_cidr: status.vpcCidr,
      subnets_used: status.subnetsUsed,
      subnets_total: status.subnetsTotal,
      revision: agents.revision,
    },
    whitelist: {
      admitted: whitelist['admitted'] ?? 0,
      invalid: whitelist['invalid'] ?? 0,
      duplicate: whitelist['duplicate'] ?? 0,
      conflict: whitelist['conflict'] ?? 0,
      expired: whitelist['expired'] ?? 0,
      pending: status.keysPending,
      error: status.directoryError || null,
    },
    warnings: status.warnings,
  };
}

export function agentsReport(
  { agentsOnline, agentsTotal }: Pick<StatusResponse, 'agentsOnline' | 'agentsTotal'>,
  { agents, revision }: ListAgentsResponse,
): AgentsReport {
  return {
    online: agentsOnline,
    total: agentsTotal,
    offline: agents
      .filter(({ state }) => state === 'offline')
      .sort((a, b) => b.lastSeenMs - a.lastSeenMs)
      .map(({ name, lastSeenMs }) => ({ name, last_seen_ms: lastSeenMs || null })),
    behind: agents
      .filter((agent) => agent.state === 'online' && agent.appliedRevision !== revision)
      .map(({ name, appliedRevision, refused }) => ({
        name,
        applied_revision: appliedRevision || null,
        refused: refused || null,
      })),
  };
}

function linksReport({ wanted, up, down, links }: ListLinksResponse): LinksReport {
  return { wanted, up, down, not_up: links.map(({ a, b, state }: MeshLink) => ({ a, b, state })) };
}

/** @param now milliseconds since the epoch. */
export function operatorText(report: OperatorReport, now = Date.now()): string {
  const { channel, engine, tunnel, network, links } = report;
  const why = tunnel.up ? 'it does not answer' : tunnel.detail;
  return facts([
    ['path', channel === 'tunnel' ? channel : `${channel} (tunnel: ${why})`],
    ['identity', report.identity],
    ['engine', `${engine.host} port ${engine.port}, version ${engine.version}`],
    ['engine key', engine.key_confirmed ? engine.fingerprint : 'unconfirmed (first use)'],
    ...(engine.key_confirmed ? [] : [['fingerprint', engine.fingerprint] as const]),
    ['round trip', `${report.round_trip_ms} ms`],
    ...agentFacts(report, now),
    ...linkFacts(links),
    ['subnets', `${network.subnets_used} of ${network.subnets_total} of ${network.vpc_cidr} in use`],
    ...whitelistFacts(report),
  ]);
}

type Facts = readonly (readonly [string, string])[];

function agentFacts({ agents, network }: OperatorReport, now: number): Facts {
  const offline = agents.offline.map(({ name, last_seen_ms: seen }) =>
    seen === null ? `${name}, never seen` : `${name} for ${shownDuration(now - seen)}`,
  );
  const behind = agents.behind.map(({ name, applied_revision: applied, refused }) => {
    const at = applied === null ? 'none yet' : shownRevision(applied);
    return `${name} (${at}${refused === null ? '' : `: ${refused}`})`;
  });
  return [
    ['agents', `${agents.online} of ${agents.total} online`],
    ...listed('offline', offline),
    ...listed(`behind ${shownRevision(network.revision)}`, behind),
  ];
}

function linkFacts({ wanted, up, down, not_up: notUp }: LinksReport): Facts {
  const unknown = wanted - up - down;
  const of = unknown === 0 ? '' : `, ${unknown} unknown`;
  const named = notUp.map(({ a, b, state }) => `${a} - ${b}${state === 'down' ? '' : ` (${state})`}`);
  return [['links', `${up} of ${wanted} up${of}`], ...listed('down', named, Math.max(down, named.length))];
}

function whitelistFacts({ whitelist }: OperatorReport): Facts {
  const { pending, error, admitted, ...refused } = whitelist;
  const counts = Object.entries({ admitted, ...refused })
    .filter(([state, count]) => state === 'admitted' || count > 0)
    .map(([state, count]) => `${count} ${state}`);
  return [
    ['whitelist', counts.join(', ')],
    ...(error === null ? [] : [['error', error] as const]),
    ...(pending === 0
      ? []
      : [
          [
            'pending',
            `${plural(pending, 'key')} not on it: \`banyan-engine pending\` on the engine`,
          ] as const,
        ]),
  ];
}

/** Names that fit a line of a status. */
const NAMED = 5;

/** The first few, and how many more there are; nothing for none. */
function listed(label: string, names: readonly string[], count = names.length): Facts {
  if (count === 0) return [];
  const more = count - Math.min(NAMED, names.length);
  return [[label, [...names.slice(0, NAMED), ...(more === 0 ? [] : [`and ${more} more`])].join(', ')]];
}
