import type { ObservedLink } from './network/link-observer.js';
import type { NetworkView } from './network/network-follower.js';
import type { LinkStatus, NetworkStatus } from './status-file.js';

const ADOPT = 'If the store of the engine was lost on purpose: `banyan-engine adopt` on the engine.';

/** What this agent makes of the network, in the words of `status.json`. */
export function networkStatus(view: NetworkView, links: readonly ObservedLink[]): NetworkStatus {
  const { applied } = view;
  return {
    ...stateOf(view),
    subnet: applied?.subnet.text ?? null,
    vpc_cidr: applied?.vpcCidr.text ?? null,
    store_id: applied?.storeId ?? null,
    applied_revision: applied?.revision ?? null,
    links_up: links.filter(({ up }) => up).length,
    links_wanted: links.length,
  };
}

const UNSAVED =
  'Make room on the disk of this host: until then a restart without the engine brings back an older network.';

function stateOf({
  applied,
  error,
  refused,
  held,
  fromCache,
  unsaved,
}: NetworkView): Pick<NetworkStatus, 'state' | 'detail' | 'remedy'> {
  if (error) return { state: 'failing', detail: error.message, remedy: error.remedy ?? null };
  if (refused !== '') return { state: 'refused', detail: refused, remedy: null };
  if (unsaved) return { state: 'failing', detail: unsaved.message, remedy: unsaved.remedy ?? UNSAVED };
  if (held) return { state: 'held', detail: 'the engine has another store than before', remedy: ADOPT };
  return { state: applied ? (fromCache ? 'restored' : 'ready') : 'none', detail: null, remedy: null };
}

export function linkStatus(link: ObservedLink): LinkStatus {
  return {
    name: link.name,
    subnet: link.subnet,
    up: link.up,
    endpoint: link.endpoint || null,
    latest_handshake_ms: link.latestHandshakeMs || null,
    received_bytes: link.receivedBytes,
    sent_bytes: link.sentBytes,
    round_trip_us: link.roundTripUs || null,
  };
}
