import { table } from './table.js';

/** One entry of the whitelist, in JSON. */
export interface ListedClient {
  readonly name: string;
  readonly public_key: string | null;
  readonly tunnel_address: string | null;
  readonly state: string;
  /** Why it is not admitted; null when it is. */
  readonly reason: string | null;
}

/** The wire has empty strings where JSON has null. */
export function listedClient(client: {
  readonly name: string;
  readonly publicKey?: string | undefined;
  readonly tunnelAddress?: string | undefined;
  readonly state: string;
  readonly reason?: string | undefined;
}): ListedClient {
  return {
    name: client.name,
    public_key: client.publicKey || null,
    tunnel_address: client.tunnelAddress || null,
    state: client.state,
    reason: client.reason || null,
  };
}

/** The whitelist for people; the columns are the fields of the JSON. */
export function clientTable(clients: readonly ListedClient[]): string {
  if (clients.length === 0) return 'No client is on the whitelist yet.';
  return table(
    ['NAME', 'STATE', 'TUNNEL ADDRESS', 'PUBLIC KEY', 'REASON'],
    clients.map((client) => [
      client.name,
      client.state,
      client.tunnel_address ?? '-',
      client.public_key ?? '-',
      client.reason ?? '',
    ]),
  );
}
