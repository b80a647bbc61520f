import { tunnelAddress, type PublicKey } from '#crypto';
import type { Agent, PeerLink } from '#protocol';
import type { NetworkService } from '../network/network.service.js';
import type { NetworkReport } from '../network/network-report.js';
import type { AgentView } from '../registry/agent-registry.js';

/** An agent as operators are shown it: what the engine knows, and what the agent says of its host. */
export function shownAgent(agent: AgentView, network: NetworkService): Agent {
  const report = network.reportOf(agent.id);
  const online = agent.state === 'online';
  return {
    name: agent.name,
    publicKey: agent.publicKey.text,
    tunnelAddress: tunnelAddress(agent.publicKey),
    state: agent.state,
    lastSeenMs: agent.lastSeenMs,
    channel: agent.channel ?? '',
    version: agent.version,
    tags: [...agent.tags],
    subnet: network.subnetOf(agent.id)?.text ?? '',
    endpoint: agent.endpoint ? endpointText(agent.endpoint) : '',
    appliedRevision: report.appliedRevision,
    // What an agent said that has left is no longer so.
    linksUp: online ? report.count.up : 0,
    linksWanted: report.count.wanted,
    refused: report.refused,
  };
}

/** The links of one agent to all others, in the order of their names. */
export function shownLinks(own: PublicKey, network: NetworkService, report: NetworkReport): PeerLink[] {
  const byKey = new Map(report.links.map((link) => [link.publicKey, link]));
  return network.feed.peers
    .filter(({ publicKey }) => publicKey !== own.text)
    .map(({ name, subnet, publicKey }) => ({ name, subnet, link: byKey.get(publicKey) }));
}

/** `at-engine`: whatever address one reaches the engine by. */
function endpointText({ host, atEngine, port }: NonNullable<AgentView['endpoint']>): string {
  if (atEngine) return `at-engine:${port}`;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
