import type { ListAgentsResponse } from '#protocol';
import { shownDuration } from '../duration.js';
import { shownRevision } from '../revision.js';
import { table } from '../table.js';

/** One agent in `banyan-cli agents --json`. */
export interface ListedAgent {
  readonly name: string;
  readonly state: string;
  readonly tunnel_address: string;
  readonly public_key: string;
  /** Null while offline. */
  readonly channel: string | null;
  /** Null when it was never seen. */
  readonly last_seen_ms: number | null;
  readonly version: string | null;
  readonly tags: readonly string[];
  /** Of its containers; null while it has none. */
  readonly subnet: string | null;
  /** As its peers are told it; `at-engine` is wherever one reaches the engine. Null while nobody knows. */
  readonly endpoint: string | null;
  /** Null when it has applied none, or nothing is known of it since the engine started. */
  readonly applied_revision: number | null;
  readonly links_up: number;
  readonly links_wanted: number;
  /** Why it did not apply a newer revision. */
  readonly refused: string | null;
}

export function agentList({ agents }: ListAgentsResponse): readonly ListedAgent[] {
  return agents.map((agent) => ({
    name: agent.name,
    state: agent.state,
    tunnel_address: agent.tunnelAddress,
    public_key: agent.publicKey,
    channel: agent.channel || null,
    last_seen_ms: agent.lastSeenMs || null,
    version: agent.version || null,
    tags: agent.tags,
    subnet: agent.subnet || null,
    endpoint: agent.endpoint || null,
    applied_revision: agent.appliedRevision || null,
    links_up: agent.linksUp,
    links_wanted: agent.linksWanted,
    refused: agent.refused || null,
  }));
}

export function agentTable(agents: readonly ListedAgent[], now = Date.now()): string {
  if (agents.length === 0) return 'No agent has connected yet.';
  return table(
    [
      ...['NAME', 'STATE', 'TUNNEL ADDRESS', 'CHANNEL', 'SEEN', 'SUBNET', 'ENDPOINT', 'LINKS', 'REVISION'],
      'VERSION',
    ],
    agents.map((agent) => [
      agent.name,
      agent.state,
      agent.tunnel_address,
      agent.channel ?? '-',
      agent.last_seen_ms === null ? 'never' : `${shownDuration(now - agent.last_seen_ms)} ago`,
      agent.subnet ?? '-',
      agent.endpoint ?? '-',
      `${agent.links_up}/${agent.links_wanted}`,
      shownRevision(agent.applied_revision ?? 0),
      agent.version ?? '-',
    ]),
  );
}

/** One line for each agent that did not apply what it was sent. */
export function refusals(agents: readonly ListedAgent[]): string[] {
  return agents.flatMap(({ name, refused }) =>
    refused === null ? [] : [`${name} does not apply the newest network: ${refused}`],
  );
}
