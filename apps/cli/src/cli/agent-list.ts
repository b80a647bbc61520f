import type { ListAgentsResponse } from '#protocol';
import { shownDuration } from '../duration.js';
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
  }));
}

export function agentTable(agents: readonly ListedAgent[], now = Date.now()): string {
  if (agents.length === 0) return 'No agent has connected yet.';
  return table(
    ['NAME', 'STATE', 'TUNNEL ADDRESS', 'CHANNEL', 'SEEN', 'VERSION', 'TAGS', 'PUBLIC KEY'],
    agents.map((agent) => [
      agent.name,
      agent.state,
      agent.tunnel_address,
      agent.channel ?? '-',
      agent.last_seen_ms === null ? 'never' : `${shownDuration(now - agent.last_seen_ms)} ago`,
      agent.version ?? '-',
      agent.tags.join(',') || '-',
      agent.public_key,
    ]),
  );
}
