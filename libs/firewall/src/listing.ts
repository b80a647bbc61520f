import { VERDICTS } from './render.js';
import type { Table } from './table.js';

const ENDINGS = Object.values(VERDICTS);

/**
 * Whether `nft list table` shows as many chains and rules as the table has. nft says the same rule in other
 * words from version to version, so that a listing is compared as text only with an earlier one of this host.
 */
export function isWhole(listing: string, table: Table): boolean {
  const lines = listing.split('\n').map((line) => line.trim());
  const chains = lines.filter((line) => line.startsWith('chain ')).length;
  const rules = lines.filter((line) =>
    ENDINGS.some((end) => line === end || line.endsWith(` ${end}`)),
  ).length;
  return chains === table.chains.length && rules === table.chains.flatMap((chain) => chain.rules).length;
}
