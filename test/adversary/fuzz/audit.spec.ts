import { append, hashOf, ORIGIN, parseLine, type Fields } from '../../../apps/engine/src/audit/chain.js';
import { Verification } from '../../../apps/engine/src/audit/verification.js';
import { eventText } from '../../../apps/cli/src/engine/audit-report.js';
import { samplePublicKey } from '../../../libs/wireguard/src/testing/sample-device.js';
import { LIMIT_MS, broken, fuzz } from './cases.js';

const bytes = (texts: readonly string[]): Buffer[] => texts.map((text) => Buffer.from(text, 'latin1'));

/** A log as an engine writes it. */
function written(...said: (readonly [event: string, fields: Fields])[]): string[] {
  let end = ORIGIN;
  return said.map(([event, fields], index) => {
    const next = append(end, { time: `2026-11-26T07:00:0${index}.000Z`, event, fields });
    end = next.end;
    return next.line;
  });
}

const fingerprint = samplePublicKey(1).fingerprint;
const lines = written(
  ['engine.started', { version: '0.1.0', fingerprint }],
  ['client.admitted', { name: 'worker-1', fingerprint, by: 'admin socket', terms: 'role any, note "Größe"' }],
  ['client.revoked', { name: 'worker-1', fingerprint, by: 'the keys directory' }],
  ['revocation.applied', { name: 'worker-1', applied: ['a', 'b'], pending: [], milliseconds: 140 }],
  ['settings.weak', { why: 'header_auth is anywhere', repeats: 3, first: true }],
  ['log.continued', { dropped_through: 0, dropped_hash: ORIGIN.hash }],
);
const words = bytes([
  ...[
    '{"seq":',
    '"seq":1',
    '"prev":"',
    '"fields":{',
    '"__proto__":1',
    '"constructor":"x"',
    '"dropped_through":',
  ],
  ...[ORIGIN.hash, hashOf(lines[0]!), 'log.continued', '\\u001b[2J', '\\u202e', '1e2', '-0', ',', '}', '\n'],
]);

describe('the audit log, whatever it holds', () => {
  it(
    'has lines that are, to the byte, what the engine would have written, and print harmlessly',
    () => {
      fuzz(
        (dice) => broken(dice, bytes(lines), words).toString('latin1'),
        (text) => {
          const entry = parseLine(text);
          if (entry === undefined) return;
          if (append({ seq: entry.seq - 1, hash: entry.prev }, entry).line !== text)
            throw new Error('two spellings of a line');
          if (/[^\x20-\x7e]/.test(text)) throw new Error('a line that is not printable');
          if (/\p{Cc}|\p{Bidi_Control}/u.test(eventText(entry)))
            throw new Error('an event that is not printed harmlessly');
        },
      );
    },
    LIMIT_MS,
  );

  it(
    'is known to be another when any line of it is, but for the end, which its hash tells',
    () => {
      const whole = Buffer.from(lines.map((line) => `${line}\n`).join(''), 'latin1');
      const head = hashOf(lines.at(-1)!);
      fuzz(
        (dice) => broken(dice, [whole], words).toString('latin1'),
        (text) => {
          const found = text.split('\n');
          const rest = found.pop()!;
          const verification = new Verification(head);
          for (const line of found) verification.take('audit', line, true);
          if (rest !== '') verification.take('audit', rest, false);
          const { fault, expectedAt, lines: count } = verification.verdict();
          if (fault !== undefined) {
            if (!/^[\x20-\x7e]{1,300}$/.test(fault.what)) throw new Error('no sentence');
            return;
          }
          if (count !== found.length) throw new Error('a line was passed over');
          if (found.slice(0, -1).some((line, index) => line !== lines[index]))
            throw new Error('a changed line was not found');
          if ((expectedAt !== undefined) !== (found.join('\n') === lines.join('\n')))
            throw new Error('the hash of the end was found in another log, or not in this one');
        },
      );
    },
    LIMIT_MS,
  );
});
