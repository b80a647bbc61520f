import fc from 'fast-check';
import { append, ORIGIN, type ChainEnd } from './chain.js';
import { logContinued } from './events.js';
import { sampleLog } from './testing/sample-log.js';
import { Verification, type Verdict } from './verification.js';

const FILE = 'audit-000000000001.jsonl';

function verify(lines: readonly string[], expected?: string): Verdict {
  const verification = new Verification(expected);
  for (const line of lines) verification.take(FILE, line, true);
  return verification.verdict();
}

/** Whether somebody who has the head is told that the log is not as it was. */
function isFound(lines: readonly string[], head: ChainEnd): boolean {
  const { fault, expectedAt } = verify(lines, head.hash);
  return fault !== undefined || expectedAt === undefined;
}

const COUNT = 12;
const { lines, head } = sampleLog(COUNT);
const index = fc.nat(COUNT - 1);

describe('a log that nobody touched', () => {
  it('is whole, and has every hash that it ever had', () => {
    expect(verify(lines)).toMatchObject({ lines: COUNT, head, fault: undefined, tornBytes: 0 });
    for (let length = 1; length <= COUNT; length++) {
      expect(verify(lines, sampleLog(length).head.hash).expectedAt).toBe(length);
    }
  });
});

describe('whoever has the head finds', () => {
  it('any lines that were removed', () => {
    fc.assert(
      fc.property(index, fc.integer({ min: 1, max: COUNT }), (from, count) => {
        expect(isFound(lines.toSpliced(from, count), head)).toBe(true);
      }),
    );
  });

  it('any byte that was changed', () => {
    fc.assert(
      fc.property(index, fc.nat(), fc.integer({ min: 0, max: 255 }), (which, at, byte) => {
        const line = lines[which]!;
        const place = at % line.length;
        const changed = line.slice(0, place) + String.fromCharCode(byte) + line.slice(place + 1);
        fc.pre(changed !== line);
        expect(isFound(lines.with(which, changed), head)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  it('any two lines that were swapped, and any line that is there twice', () => {
    fc.assert(
      fc.property(index, index, (one, other) => {
        fc.pre(one !== other);
        const swapped = lines.with(one, lines[other]!).with(other, lines[one]!);
        expect(isFound(swapped, head)).toBe(true);
        expect(isFound(lines.toSpliced(one, 0, lines[other]!), head)).toBe(true);
      }),
    );
  });

  it('an end that was cut off, in or between lines', () => {
    const text = lines.map((line) => `${line}\n`).join('');
    fc.assert(
      fc.property(fc.integer({ min: 1, max: text.length - 1 }), (length) => {
        const verification = new Verification(head.hash);
        const pieces = text.slice(0, length).split('\n');
        for (const [at, piece] of pieces.entries()) {
          const isLast = at === pieces.length - 1;
          if (!isLast || piece !== '') verification.take(FILE, piece, !isLast);
        }
        expect(verification.verdict()).toMatchObject({ fault: undefined, expectedAt: undefined });
      }),
    );
  });

  it('an end that was written anew', () => {
    fc.assert(
      fc.property(fc.nat(COUNT - 1), (kept) => {
        const before = sampleLog(kept);
        const forged = sampleLog(COUNT - kept + 1, before.head, 'other').lines;
        expect(isFound([...before.lines, ...forged], head)).toBe(true);
      }),
    );
  });
});

describe('what is wrong', () => {
  it.each([
    ['removed', lines.toSpliced(4, 2), 5, 'lines 5 to 6 are missing before line 7'],
    [
      'changed',
      lines.with(4, lines[4]!.replace('worker-4', 'worker-9')),
      5,
      'line 5 was changed: line 6 was',
    ],
    ['no line any more', lines.with(4, 'x'), 5, 'line 5 is not as the engine wrote it'],
    ['moved', lines.with(4, lines[5]!).with(5, lines[4]!), 5, 'line 5 is missing before line 6'],
    ['doubled', lines.toSpliced(4, 0, lines[2]!), 5, 'line 3 is out of order: it comes after line 4'],
    ['taken from the beginning', lines.slice(1), 1, 'line 1 is missing before line 2, and no line says'],
  ])('is said of the first line that was %s', (_, changed, line, what) => {
    expect(verify(changed).fault).toMatchObject({ file: FILE, line });
    expect(verify(changed).fault?.what).toContain(what);
  });

  it('is in the file before, when the last line of that was changed', () => {
    const verification = new Verification();
    const changed = lines.with(4, lines[4]!.replace('worker-4', 'worker-9'));
    for (const [at, line] of changed.entries()) verification.take(at < 5 ? 'one' : 'two', line, true);
    expect(verification.verdict().fault).toMatchObject({ file: 'one', line: 5 });
  });

  it('is not that the last line was not written to its end', () => {
    const verification = new Verification();
    for (const line of lines) verification.take(FILE, line, true);
    verification.take(FILE, '{"seq":13,"ti', false);
    expect(verification.verdict()).toMatchObject({ lines: COUNT, head, fault: undefined, tornBytes: 13 });
  });

  it('is that a line in the middle was not written to its end', () => {
    const verification = new Verification();
    verification.take('one', lines[0]!, true);
    verification.take('one', lines[1]!.slice(0, 20), false);
    verification.take('two', lines[1]!, true);
    expect(verification.verdict().fault).toEqual({
      ...{ file: 'one', line: 2 },
      what: 'a line in the middle was cut off',
    });
  });
});

describe('a log whose oldest lines were dropped', () => {
  const beginning = sampleLog(5).head;

  function continued(dropped: ChainEnd | undefined): string[] {
    const kept = sampleLog(3, beginning);
    const said = append(kept.head, { ...logContinued(dropped), time: '2027-02-01T00:00:00.000Z' });
    return [...kept.lines, said.line];
  }

  it('is whole, if a later line says so', () => {
    expect(verify(continued(beginning))).toMatchObject({ lines: 4, fault: undefined, first: { seq: 6 } });
  });

  it.each([
    ['nothing', undefined],
    ['another number', { seq: 4, hash: beginning.hash }],
    ['another line', { seq: 5, hash: ORIGIN.hash }],
  ])('is not, if that line says %s', (_, dropped) => {
    expect(verify(continued(dropped)).fault?.what).toBe(
      'lines 1 to 5 are missing before line 6, and no line says that older ones were dropped',
    );
  });
});
