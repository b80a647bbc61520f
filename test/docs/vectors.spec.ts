import { channelSecret, PrivateKey, PublicKey, rotationProof, tunnelAddress } from '#crypto';
import { rowsOf, spans, textOf } from './documents.js';

/** Somebody who writes another client has only these to check it by. */
describe('the test vectors in docs/design.md', () => {
  const design = textOf('docs/design.md');

  it('give the tunnel addresses that the code gives', () => {
    const rows = rowsOf(design, 'Public key').map((cells) => cells.map((cell) => spans(cell)[0]!));
    expect(rows.length).toBeGreaterThan(1);
    // The rule takes any text; one of the published vectors is no usable key.
    for (const [text, address] of rows) expect(tunnelAddress({ text } as PublicKey)).toBe(address);
  });

  it('give the secret that the code gives', () => {
    const values = new Map(rowsOf(design, 'Value').map(([name, value]) => [name, spans(value!)[0]!]));
    const client = PrivateKey.parse(values.get('client private key')!);
    const engine = PrivateKey.parse(values.get('engine private key')!);
    expect(client.publicKey.text).toBe(values.get('client public key'));
    expect(engine.publicKey.text).toBe(values.get('engine public key'));
    const secret = channelSecret(engine, { client: client.publicKey, engine: engine.publicKey });
    expect(secret.toString('hex')).toBe(values.get('secret, hex'));
  });

  it('give the proof of a new key that the code gives', () => {
    const values = new Map(rowsOf(design, 'Part').map(([name, value]) => [name, spans(value!)[0]!]));
    const to = PrivateKey.parse(values.get('new private key')!);
    const engine = PrivateKey.parse(values.get('engine private key')!);
    const statement = {
      nonce: Buffer.from(values.get('nonce, hex')!, 'hex'),
      name: values.get('name')!,
      from: PublicKey.parse(values.get('old public key')!),
      to: to.publicKey,
      engine: engine.publicKey,
    };
    expect(statement.nonce).toHaveLength(32);
    expect(to.publicKey.text).toBe(values.get('new public key'));
    expect(engine.publicKey.text).toBe(values.get('engine public key'));
    expect(rotationProof(engine, statement).toString('hex')).toBe(values.get('proof, hex'));
  });
});
