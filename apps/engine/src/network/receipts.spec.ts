import { Subject } from 'rxjs';
import type { PublicKey } from '#crypto';
import { generateKey } from '#crypto/generate';
import type { AuditLog } from '../audit/audit-log.js';
import type { Agent } from '../registry/agent.js';
import type { AgentRegistry } from '../registry/agent-registry.js';
import type { WhitelistChange } from '../whitelist/snapshot.js';
import type { WhitelistService } from '../whitelist/whitelist.service.js';
import type { NetworkService } from './network.service.js';
import type { Receipt } from './receipt.js';
import { Receipts } from './receipts.js';

const agents = ['worker-1', 'b', 'a'].map((name) => {
  return { id: name, name, publicKey: generateKey().publicKey, online: name !== 'a' } as Agent;
});
const revoked = agents[0]!.publicKey;

/** Of a network in which all agents are, at a revision that all of them have applied. */
function network() {
  const peers = new Map(agents.map(({ name, publicKey }) => [publicKey.text, name]));
  const published = new Subject<void>();
  const changes = new Subject<WhitelistChange>();
  const service = {
    feed: {
      revision: 7,
      has: (key: string) => peers.has(key),
      get peers() {
        return Array.from(peers, ([publicKey, name]) => ({ publicKey, name }));
      },
    },
    published,
    acknowledged: new Subject<string>(),
    reached: new Set(['b']),
    reportOf: () => ({ appliedRevision: 7, refused: '', held: false }),
  } as unknown as NetworkService;
  const registry = { agents: () => agents.values() } as unknown as AgentRegistry;
  const admitted = { find: (key: string) => (key === revoked.text ? undefined : {}) };
  const whitelist = { changes, snapshot: admitted } as unknown as WhitelistService;
  const audit = { record: () => undefined } as unknown as AuditLog;
  return {
    receipts: new Receipts(service, registry, whitelist, audit),
    publishWithout: (key: PublicKey) => {
      peers.delete(key.text);
      published.next();
    },
    revoke: (name: string, publicKey: PublicKey) => {
      const change = { admitted: [], renamed: [], rotated: [], changed: [] };
      changes.next({ ...change, revoked: [{ name, publicKey }] } as unknown as WhitelistChange);
    },
  };
}

describe('the receipt of a revocation', () => {
  it('counts who has applied the revision without the key', async () => {
    const { receipts, publishWithout } = network();
    publishWithout(revoked);
    const receipt = await receipts.of(new Set([revoked.text]), 0);
    expect(receipt).toMatchObject({ applied: ['a', 'b'], pending: [], offline: [], published: false });
  });

  it.each([[0], [20]])('counts nobody while the key is published, after %i ms', async (waitMs) => {
    const receipt = await network().receipts.of(new Set([revoked.text]), waitMs);
    expect(receipt).toMatchObject({ applied: [], pending: ['a', 'b'], offline: [], published: true });
  });

  it('is about the key before too, when a new one is revoked before agents were told of it', async () => {
    const { receipts, publishWithout, revoke } = network();
    receipts.onApplicationBootstrap();
    const issued: Receipt[] = [];
    receipts.issued.subscribe((receipt) => issued.push(receipt));
    revoke('worker-1', generateKey().publicKey);
    publishWithout(revoked);
    await settled();
    expect(issued).toMatchObject([{ applied: ['a', 'b'], pending: [] }]);
    receipts.onModuleDestroy();
  });

  it('is about no other client that has had the name, and is still admitted', async () => {
    const { receipts, revoke } = network();
    receipts.onApplicationBootstrap();
    let count = 0;
    receipts.issued.subscribe(() => (count += 1));
    revoke('b', generateKey().publicKey);
    await settled();
    expect(count).toBe(0);
    receipts.onModuleDestroy();
  });
});

/** All that waits for nothing has gone on. */
function settled(): Promise<void> {
  return new Promise((turn) => setImmediate(turn));
}
