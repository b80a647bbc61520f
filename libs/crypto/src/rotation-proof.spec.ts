import { createHmac, hkdfSync } from 'node:crypto';
import { x25519 } from '@noble/curves/ed25519.js';
import { channelSecret, rotationProof } from './index.js';
import { generateKey } from './generate.js';

const [from, to, engine] = [generateKey(), generateKey(), generateKey()];
const statement = {
  nonce: Buffer.alloc(32, 7),
  name: 'worker-1',
  from: from.publicKey,
  to: to.publicKey,
  engine: engine.publicKey,
};

describe('the proof of a new key', () => {
  it('is the same at both ends', () => {
    expect(rotationProof(to, statement)).toEqual(rotationProof(engine, statement));
  });

  it('is HMAC-SHA256 under a secret of its own, computed independently', () => {
    const shared = x25519.getSharedSecret(Buffer.from(to.reveal(), 'base64'), engine.publicKey.bytes);
    const info = Buffer.concat([
      Buffer.from('banyan rotation 1'),
      to.publicKey.bytes,
      engine.publicKey.bytes,
    ]);
    const secret = Buffer.from(hkdfSync('sha256', shared, new Uint8Array(), info, 32));
    const said = Buffer.concat([
      statement.nonce,
      from.publicKey.bytes,
      to.publicKey.bytes,
      Buffer.from('worker-1'),
    ]);
    expect(rotationProof(to, statement)).toEqual(createHmac('sha256', secret).update(said).digest());
    expect(secret).not.toEqual(channelSecret(to, { client: to.publicKey, engine: engine.publicKey }));
  });

  it('differs with everything that is stated, and with who states it', () => {
    const other = generateKey();
    const proofs = [
      rotationProof(to, statement),
      rotationProof(to, { ...statement, nonce: Buffer.alloc(32, 8) }),
      rotationProof(to, { ...statement, name: 'worker-2' }),
      rotationProof(to, { ...statement, from: other.publicKey }),
      rotationProof(to, { ...statement, engine: other.publicKey }),
      rotationProof(other, statement),
      rotationProof(from, statement),
    ];
    expect(new Set(proofs.map((proof) => proof.toString('hex'))).size).toBe(proofs.length);
  });
});
