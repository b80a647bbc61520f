import { PassThrough } from 'node:stream';
import { sniff, type Spoken } from '../../../libs/channel/src/gate/sniff.js';
import { LIMIT_MS, broken, fuzzSlowly, type Dice } from './cases.js';

/** The beginning of one, as a whole record. */
const HELLO = Buffer.from('1603010006010001fc0303', 'hex');
const SAMPLES = [
  HELLO,
  Buffer.concat([HELLO, Buffer.alloc(64, 7)]),
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0', 'latin1'),
  Buffer.from('GET / HTTP/1.1\r\nHost: engine\r\n\r\n'),
  Buffer.from('SSH-2.0-OpenSSH_9.2\r\n'),
];

/** What arrives, and where the network has cut it. */
function arriving(dice: Dice): Buffer[] {
  let rest = broken(dice, SAMPLES);
  const chunks: Buffer[] = [];
  while (rest.length > 0) {
    const length = dice.below(3) === 0 ? rest.length : 1 + dice.below(Math.min(9, rest.length));
    chunks.push(rest.subarray(0, length));
    rest = rest.subarray(length);
  }
  return chunks;
}

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

function wholeBeginning(bytes: Buffer): Spoken {
  if (bytes.toString('latin1').startsWith(PREFACE)) return 'http2';
  if (bytes[0] !== 0x16 || bytes.length < 5) return 'neither';
  const length = bytes[3]! * 256 + bytes[4]!;
  return length >= 38 && length <= 16_384 && bytes.length >= 5 + length ? 'tls' : 'neither';
}

async function read(chunks: Buffer[]): Promise<void> {
  const connection = new PassThrough();
  const decisions: Spoken[] = [];
  const decided = new Promise<void>((resolve) => {
    sniff(connection, (spoken) => {
      decisions.push(spoken);
      resolve();
    });
  });
  const [first, ...more] = chunks;
  if (first) connection.write(first);
  // What comes with the first byte, and what only after it was looked at.
  const early = more.length >> 1;
  for (const chunk of more.slice(0, early)) connection.write(chunk);
  await new Promise((resolve) => setImmediate(resolve));
  for (const chunk of more.slice(early)) connection.write(chunk);
  connection.end();
  await decided;
  const seen: Buffer[] = [];
  connection.on('data', (chunk: Buffer) => seen.push(chunk));
  if (!connection.readableEnded) await new Promise((resolve) => connection.once('end', resolve));
  const whole = Buffer.concat(chunks);
  const expected = wholeBeginning(whole);
  if (decisions.length !== 1 || decisions[0] !== expected) throw new Error(`taken for ${decisions.join()}`);
  if (!Buffer.concat(seen).equals(whole)) throw new Error('a byte was lost on the way');
}

describe('the first bytes of a connection, whatever they are and however they are cut', () => {
  it(
    'decide by a whole beginning, once, and are all still there for whom it is handed to',
    async () => {
      await fuzzSlowly(arriving, read);
    },
    LIMIT_MS,
  );
});
