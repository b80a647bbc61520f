import { hkdfSync } from 'node:crypto';
import { x25519 } from '@noble/curves/ed25519.js';
import { channelSecret } from './index.js';
import { generateKey } from './generate.js';

const client = generateKey();
const engine = generateKey();
const ends = { client: client.publicKey, engine: engine.publicKey };

describe('channelSecret', () => {
  it('is the same at both ends', () => {
    expect(channelSecret(client, ends)).toEqual(channelSecret(engine, ends));
  });

  it('is HKDF-SHA256 over the X25519 product, computed independently', () => {
    const shared = x25519.getSharedSecret(Buffer.from(client.reveal(), 'base64'), engine.publicKey.bytes);
    const info = Buffer.concat([
      Buffer.from('banyan direct 1'),
      client.publicKey.bytes,
      engine.publicKey.bytes,
    ]);
    const expected = Buffer.from(hkdfSync('sha256', shared, new Uint8Array(), info, 32));
    expect(channelSecret(client, ends)).toEqual(expected);
  });

  it('differs when the roles are exchanged, so a client cannot pass for an engine', () => {
    const exchanged = { client: engine.publicKey, engine: client.publicKey };
    expect(channelSecret(client, exchanged)).not.toEqual(channelSecret(client, ends));
  });

  it('differs for every other client', () => {
    const other = generateKey();
    expect(channelSecret(other, { client: other.publicKey, engine: engine.publicKey })).not.toEqual(
      channelSecret(client, ends),
    );
  });
});
