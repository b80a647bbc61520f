import type { ListClientsResponse } from '#protocol';
import type { WhitelistService } from '../whitelist/whitelist.service.js';

/** The whole keys directory as it was last read, whatever the state of each file. */
export function listClients(whitelist: WhitelistService): ListClientsResponse {
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
    })),
    directoryError: whitelist.directoryError ?? '',
    warnings: [...whitelist.warnings],
  };
}
