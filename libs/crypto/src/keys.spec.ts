import { inspect } from 'node:util';
import fc from 'fast-check';
import { PrivateKey, PublicKey } from './index.js';
import { generateKey } from './generate.js';

/** Pairs that `wg genkey` and `wg pubkey` of wireguard-tools 1.0.20210914 printed; used nowhere. */
const WG_PAIRS: readonly (readonly [privateKey: string, publicKey: string])[] = [
  ['QNzG7iA+gjb8wogXFVmU0TCYoQff8LP3T7C2muCORls=', 'P5of95JYaTGrSbdPKxaUTaZHPefEvHK73pxpuJ42qmo='],
  ['QDfw9Xn5K9N8uDLRzz3tPZOXFbfmX1zHgy9fjc4RjXA=', 'LA/fckivLeVxF6YKQhXbVL6mLl51Dq3JP9PJYMQ2Pww='],
  ['wC5u20DQAyTKOjnADPTfnI/ys3ZTQdRAAU3dJDpkpGc=', 'o8MbV1iN7JquT3st0SJoKhY3tbV9vvszEBvVPJxF6QU='],
];

const ZERO_KEY = 'A'.repeat(43) + '=';

describe('PrivateKey', () => {
  it.each(WG_PAIRS)('derives the public key that wg derives', (privateText, publicText) => {
    expect(PrivateKey.parse(privateText).publicKey.text).toBe(publicText);
  });

  it('generates keys that are clamped as wg clamps them, and survive being written and read', () => {
    for (let i = 0; i < 20; i++) {
      const key = generateKey();
      const bytes = Buffer.from(key.reveal(), 'base64');
      expect(bytes[0]! & 7).toBe(0);
      expect(bytes[31]! & 0xc0).toBe(0x40);
      expect(PrivateKey.parse(key.reveal()).publicKey.text).toBe(key.publicKey.text);
    }
  });

  it('never prints itself', () => {
    const key = generateKey();
    const secret = key.reveal();
    const printed = [
      String(key),
      `${key.toString()}`,
      JSON.stringify({ key }),
      inspect(key),
      inspect({ a: { key } }, { depth: 9, showHidden: true }),
    ];
    for (const text of printed) expect(text).not.toContain(secret);
    expect(inspect(key)).toBe('[private key]');
  });

  it('refuses all zeros', () => {
    expect(() => PrivateKey.parse(ZERO_KEY)).toThrow('all zeros');
  });

  it('never repeats what it was given in an error', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 6 }), (text) => {
        try {
          PrivateKey.parse(text);
        } catch (error) {
          expect(String(error)).not.toContain(text);
        }
      }),
    );
  });
});

describe('PublicKey', () => {
  it('takes every key that has 32 bytes in canonical base64 and gives the same text back', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }).filter((bytes) => new Set(bytes).size > 4),
        (bytes) => {
          const text = Buffer.from(bytes).toString('base64');
          // Of the 2^256 strings only a dozen are points of low order: none is met here.
          const key = PublicKey.parse(text);
          expect(key.text).toBe(text);
          expect(Buffer.from(key.bytes)).toEqual(Buffer.from(bytes));
        },
      ),
    );
  });

  it.each([
    ['empty', '', 'it is empty'],
    ['31 bytes', Buffer.alloc(31, 7).toString('base64'), '31 bytes'],
    ['33 bytes', Buffer.alloc(33, 7).toString('base64'), '33 bytes'],
    ['not base64', '!'.repeat(44), 'not base64'],
    ['without padding', WG_PAIRS[0]![1].slice(0, 43), 'canonical'],
    ['URL-safe base64', WG_PAIRS[0]![1].replace(/[+/]/, '_').replace(/^./, '-'), 'not base64'],
    ['with white space', ` ${WG_PAIRS[0]![1]}`, 'not base64'],
    ['with a line end', `${WG_PAIRS[0]![1]}\n`, 'not base64'],
  ])('refuses a key that is %s, and says so', (_, text, why) => {
    expect(() => PublicKey.parse(text)).toThrow(why);
  });

  it('refuses another encoding of the same bytes', () => {
    const text = WG_PAIRS[0]![1];
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
    const twin = text.slice(0, 42) + alphabet[alphabet.indexOf(text[42]!) + 1]! + '=';
    expect(Buffer.from(twin, 'base64')).toEqual(Buffer.from(text, 'base64'));
    expect(() => PublicKey.parse(twin)).toThrow('canonical');
  });

  it('refuses all zeros, a point of low order', () => {
    expect(() => PublicKey.parse(ZERO_KEY)).toThrow('low order');
  });

  it('has the fingerprint that OpenSSH would print for the same bytes', () => {
    const key = PublicKey.parse(WG_PAIRS[0]![1]);
    expect(key.fingerprint).toMatch(/^SHA256:[A-Za-z0-9+/]{43}$/);
    expect(key.fingerprint).toBe(PublicKey.parse(key.text).fingerprint);
  });
});
