import fc from 'fast-check';
import { generateKey } from '#crypto/generate';
import { parsePskIdentity, pskIdentity } from './psk-identity.js';

const [client, engine] = [generateKey().publicKey, generateKey().publicKey];

describe('a PSK identity', () => {
  it('names the client, and the key of the engine that it expects', () => {
    const text = pskIdentity({ client, engine });
    expect(text).toBe(`${client.text}@${engine.text}`);
    expect(parsePskIdentity(text)).toEqual({ client, engine });
  });

  it('may name the client alone', () => {
    expect(parsePskIdentity(client.text)).toEqual({ client });
  });

  it.each([
    '',
    '@',
    `@${engine.text}`,
    `${client.text}@`,
    `${client.text}@${engine.text}@`,
    `${client.text}@${engine.text}@${engine.text}`,
    `${client.text} ${engine.text}`,
    `${client.text}${engine.text}`,
    `${'A'.repeat(43)}=@${engine.text}`,
    `${client.text}@${'A'.repeat(43)}=`,
  ])('is nothing else: %j', (text) => {
    expect(parsePskIdentity(text)).toBeUndefined();
  });

  it('is in one spelling: what is read is what would be sent', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(90), (noise, at) => {
        const whole = pskIdentity({ client, engine });
        const text = whole.slice(0, at) + noise + whole.slice(at);
        const read = parsePskIdentity(text);
        if (read?.engine) expect(pskIdentity({ client: read.client, engine: read.engine })).toBe(text);
        else if (read) expect(read.client.text).toBe(text);
      }),
    );
  });
});
