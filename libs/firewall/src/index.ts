/**
 * Tables of nftables: what one should say, and keeping it so. Knows hooks, rules and verdicts. Not here: which
 * rules a component wants (`#tunnel`), and other people's tables, which are neither read nor changed.
 *
 * Read table.ts first; nftables.ts is the adapter, `testing/` a strict stand-in for it.
 */
export type * from './table.js';
export { MARK } from './table.js';
export { nftables } from './nftables.js';
export { renderTable } from './render.js';
export { tableRecord, type TableRecord } from './table-record.js';
