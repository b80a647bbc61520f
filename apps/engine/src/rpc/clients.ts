import type { ListClientsResponse } from '#protocol';
import type { LastSeen } from '../seen/last-seen.js';
import type { WhitelistService } from '../whitelist/whitelist.service.js';

/** The whole keys directory as it was last read, whatever the state of each file. */
export function listClients(whitelist: WhitelistService, lastSeen: LastSeen): ListClientsResponse {
  return {
    clients: whitelist.snapshot.entries().map((entry) => ({
      name: entry.name,
      publicKey: entry.publicKey?.text ?? '',
      tunnelAddress: entry.tunnelAddress ?? '',
      state: entry.state,
      reason: entry.reason ?? '',
      role: entry.role ?? '',
      expires: entry.expires ?? '',
      note: entry.note ?? '',
      lastSeenMs: (entry.publicKey && lastSeen.of(entry.publicKey)) ?? 0,
    })),
    directoryError: whitelist.directoryError ?? '',
    warnings: [...whitelist.warnings],
    remembersSinceMs: lastSeen.sinceMs,
  };
}
