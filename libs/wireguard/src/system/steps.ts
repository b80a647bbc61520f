import type { Change } from '../device.js';
import type { IpChange } from './ip-batch.js';

type Single = Extract<Change, { kind: 'create' | 'set-key' | 'set-listen-port' }>;
type PeerChange = Extract<Change, { kind: 'add-peer' | 'update-peer' }>;
type PeerRemoval = Extract<Change, { kind: 'remove-peer' }>;

/** What one process can do at once. */
export type Step =
  | { readonly tool: 'single'; readonly change: Single }
  | { readonly tool: 'ip'; readonly changes: IpChange[] }
  | { readonly tool: 'add-peers'; readonly changes: PeerChange[] }
  | { readonly tool: 'remove-peers'; readonly changes: PeerRemoval[] };

/** Public keys to remove are arguments, and a process may not have too many (execve(2)). */
const REMOVALS_AT_ONCE = 1_000;

/** Groups neighbouring changes that one process can make, without changing their order. */
export function stepsOf(changes: readonly Change[]): Step[] {
  const steps: Step[] = [];
  for (const change of changes) {
    const last = steps.at(-1);
    switch (change.kind) {
      case 'create':
      case 'set-key':
      case 'set-listen-port':
        steps.push({ tool: 'single', change });
        break;
      case 'add-peer':
      case 'update-peer':
        if (last?.tool === 'add-peers') last.changes.push(change);
        else steps.push({ tool: 'add-peers', changes: [change] });
        break;
      case 'remove-peer':
        if (last?.tool === 'remove-peers' && last.changes.length < REMOVALS_AT_ONCE)
          last.changes.push(change);
        else steps.push({ tool: 'remove-peers', changes: [change] });
        break;
      default:
        if (last?.tool === 'ip') last.changes.push(change);
        else steps.push({ tool: 'ip', changes: [change] });
    }
  }
  return steps;
}
