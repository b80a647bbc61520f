import { Subject } from 'rxjs';
import type { Connection, Gate } from '#channel';
import type { EngineSettings } from '#config';
import { rotationProof, type PublicKey } from '#crypto';
import { generateKey } from '#crypto/generate';
import type { ClientName, ClientRotation } from '#whitelist';
import type { EngineKeys } from '../keys/engine-keys.js';
import type { NetworkService } from '../network/network.service.js';
import type { AgentRegistry } from '../registry/agent-registry.js';
import type { WhitelistService } from '../whitelist/whitelist.service.js';
import { FormerKeys } from './former-keys.js';
import type { KeyMoves } from './key-moves.js';
import { Rotations } from './rotations.js';

const name = 'worker-1' as ClientName;

/** Rotations of one agent, whose network is published when the test says so. */
function oneAgent() {
  const [engine, old, fresh] = [generateKey(), generateKey(), generateKey()];
  let inForce: PublicKey | undefined = old.publicKey;
  const changes = new Subject();
  const published = Promise.withResolvers<void>();
  const publishing = Promise.withResolvers<void>();
  const whitelist = {
    changes,
    snapshot: { named: () => inForce && { name, publicKey: inForce } },
    refuseTaken: () => undefined,
    rotate: ({ to }: ClientRotation) => Promise.resolve(void (inForce = to)),
  };
  const network = {
    subnetOf: () => ({}),
    hasPublished: () => {
      publishing.resolve();
      return published.promise;
    },
    repeat: () => undefined,
  };
  const rotations = new Rotations(
    { keyRotation: 'allow' } as EngineSettings,
    { finish: 60_000, linger: 60_000 },
    whitelist as unknown as WhitelistService,
    { named: () => ({ id: 'a', publicKey: old.publicKey }) } as unknown as AgentRegistry,
    network as unknown as NetworkService,
    { move: () => Promise.resolve({ moved: [], offline: [] }) } as unknown as KeyMoves,
    new FormerKeys(),
    { destroyKey: () => 0 } as unknown as Gate,
    { own: [engine.publicKey], holderOf: () => engine } as unknown as EngineKeys,
  );
  rotations.onModuleInit();
  const connection = { engineKey: engine.publicKey } as Connection;
  const confirm = () => {
    const nonce = rotations.begin({ name, publicKey: old.publicKey, connection }, fresh.publicKey.text)!;
    const statement = { nonce, name, from: old.publicKey, to: fresh.publicKey, engine: engine.publicKey };
    const proof = rotationProof(fresh, statement);
    return rotations.confirm({ name, publicKey: old.publicKey, connection }, { nonce, proof });
  };
  return {
    rotations,
    confirm,
    publishing: publishing.promise,
    published: () => published.resolve(),
    finish: () => rotations.finish({ name, publicKey: fresh.publicKey, connection }),
    begin: () =>
      rotations.begin({ name, publicKey: fresh.publicKey, connection }, generateKey().publicKey.text),
    remove: () => {
      inForce = undefined;
      changes.next({ revoked: [{ name, publicKey: fresh.publicKey }] });
    },
  };
}

describe('a component that works with its new key before the engine has told all hosts of it', () => {
  let agent: ReturnType<typeof oneAgent>;
  beforeEach(() => {
    agent = oneAgent();
  });
  afterEach(() => agent.rotations.beforeApplicationShutdown());

  it('has finished when they are told, and nothing is put back', async () => {
    const confirmed = agent.confirm();
    await agent.publishing;
    const finished = agent.finish();
    agent.published();
    await confirmed;
    await expect(finished).resolves.toBeUndefined();
    // Only a rotation that is over makes place for the next.
    expect(agent.begin()).toBeInstanceOf(Buffer);
  });

  it('has not finished when its key was removed meanwhile', async () => {
    const confirmed = agent.confirm();
    await agent.publishing;
    const finished = agent.finish();
    agent.remove();
    agent.published();
    await expect(confirmed).rejects.toMatchObject({ kind: 'forbidden' });
    await expect(finished).rejects.toMatchObject({ kind: 'forbidden' });
  });
});
