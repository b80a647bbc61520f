import { Subject } from 'rxjs';
import { generateKey } from '#crypto/generate';
import type { AuditLog } from '../audit/audit-log.js';
import type { Agent } from '../registry/agent.js';
import type { AgentRegistry } from '../registry/agent-registry.js';
import type { WhitelistService } from '../whitelist/whitelist.service.js';
import type { NetworkService } from './network.service.js';
import { Receipts } from './receipts.js';

const agents = ['worker-1', 'b', 'a'].map((name) => {
  return { id: name, name, publicKey: generateKey().publicKey, online: name !== 'a' } as Agent;
});
const revoked = agents[0]!.publicKey.text;

/** Of a network at this revision, which all agents have applied. */
function receipts(has: (key: string) => boolean): Receipts {
  const network = {
    feed: { revision: 7, has },
    published: new Subject<void>(),
    acknowledged: new Subject<string>(),
    reached: new Set(['b']),
    reportOf: () => ({ appliedRevision: 7, refused: '', held: false }),
  } as unknown as NetworkService;
  const registry = { agents: () => agents.values() } as unknown as AgentRegistry;
  return new Receipts(network, registry, {} as WhitelistService, {} as AuditLog);
}

describe('the receipt of a revocation', () => {
  it('counts who has applied the revision without the key', async () => {
    const receipt = await receipts((key) => key !== revoked).of(new Set([revoked]), 0);
    expect(receipt).toMatchObject({ applied: ['a', 'b'], pending: [], offline: [], published: false });
  });

  it.each([[0], [20]])('counts nobody while the key is published, after %i ms', async (waitMs) => {
    const receipt = await receipts(() => true).of(new Set([revoked]), waitMs);
    expect(receipt).toMatchObject({ applied: [], pending: ['a', 'b'], offline: [], published: true });
  });
});
