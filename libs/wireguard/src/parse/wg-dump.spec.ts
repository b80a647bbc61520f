import { sampleKey, samplePublicKey } from '../testing/sample-device.js';
import { parseWgDump } from './wg-dump.js';

const own = sampleKey(1);
const [one, two] = [samplePublicKey(1), samplePublicKey(2)];
const head = `${own.reveal()}\t${own.publicKey.text}\t51821\toff`;

describe('what `wg show dump` prints', () => {
  it('is an interface and its peers', () => {
    const dump = [
      head,
      `${one.text}\t(none)\t203.0.113.7:40000\t10.200.1.1/32,10.201.1.0/24\t1700000000\t148\t92\t25`,
      `${two.text}\t(none)\t(none)\t(none)\t0\t0\t0\toff`,
      '',
    ].join('\n');
    expect(parseWgDump(dump)).toEqual({
      publicKey: own.publicKey,
      listenPort: 51_821,
      peers: [
        {
          publicKey: one,
          endpoint: '203.0.113.7:40000',
          allowedIps: ['10.200.1.1/32', '10.201.1.0/24'],
          latestHandshakeMs: 1_700_000_000_000,
          receivedBytes: 148,
          sentBytes: 92,
          persistentKeepalive: 25,
        },
        { publicKey: two, allowedIps: [], receivedBytes: 0, sentBytes: 0 },
      ],
    });
  });

  it('has no public key before one is set', () => {
    expect(parseWgDump('(none)\t(none)\t0\toff\n')).toEqual({ listenPort: 0, peers: [] });
  });

  it('may hold a peer of low order, which can never connect and is left out', () => {
    const zero = Buffer.alloc(32).toString('base64');
    expect(parseWgDump(`${head}\n${zero}\t(none)\t(none)\t(none)\t0\t0\t0\toff\n`).peers).toEqual([]);
  });

  it.each([
    ['', 'the first line has 1 fields'],
    ['(none)\t(none)\tport\toff', 'a number is not one'],
    [`${head}\nhalf a\tline`, 'the line of a peer has 2 fields'],
    [`${own.reveal()}\t${own.reveal()} \t1\toff`, 'is not a WireGuard key'],
  ])('is refused, without showing the private key, when it is %j', (dump, message) => {
    let caught: unknown;
    try {
      parseWgDump(dump);
    } catch (error) {
      caught = error;
    }
    expect(String(caught)).toContain(message);
    expect(String(caught)).not.toContain(own.reveal());
  });
});
