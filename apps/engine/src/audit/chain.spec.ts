import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { append, follow, hashOf, isHash, ORIGIN, parseLine } from './chain.js';
import { roleDenied } from './events.js';
import { sampleLog } from './testing/sample-log.js';

const TIME = '2027-01-31T12:00:00.000Z';

describe('a line of the audit log', () => {
  it('is the JSON that the documentation shows, and its hash is of exactly these bytes', () => {
    const { line, end } = append(ORIGIN, { time: TIME, event: 'engine.stopped', fields: {} });
    expect(line).toBe(
      `{"seq":1,"time":"${TIME}","event":"engine.stopped","fields":{},"prev":"${'0'.repeat(64)}"}`,
    );
    expect(end).toEqual({ seq: 1, hash: createHash('sha256').update(line).digest('hex') });
  });

  it('is read as what was written, and is one printable line, whatever somebody is called', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (name, address) => {
        const said = roleDenied({ name, role: 'cli', rpc: 'EngineService.register', address });
        const { line } = append(ORIGIN, { time: TIME, event: said.event, fields: said.fields });
        expect(line).toMatch(/^[\x20-\x7e]+$/);
        expect(parseLine(line)).toEqual({
          ...{ seq: 1, time: TIME, event: 'role.denied', fields: said.fields },
          prev: ORIGIN.hash,
        });
      }),
    );
  });

  it('keeps letters of any script, and is one line of ASCII with one spelling all the same', () => {
    const fields = { terms: 'role any, note "Größe 東京 😀"' };
    const { line } = append(ORIGIN, { time: TIME, event: 'client.admitted', fields });
    expect(line).toMatch(/^[\x20-\x7e]+$/);
    expect(parseLine(line)?.fields).toEqual(fields);
    expect(line).toContain('\\u00f6');
    expect(parseLine(line.replace('\\u00f6', '\\u00F6'))).toBeUndefined();
  });

  it.each([
    ['another order of its parts', (line: string) => line.replace(/^\{("seq":\d+),(.*)\}$/, '{$2,$1}')],
    ['a space more', (line: string) => line.replace(',', ', ')],
    ['a part more', (line: string) => line.replace('{', '{"x":1,')],
    ['a field that is an object', (line: string) => line.replace('"10.201.0.0/24"', '{"a":1}')],
    ['a number that is written otherwise', (line: string) => line.replace('"seq":1', '"seq":1.0')],
    ['a letter that is escaped', (line: string) => line.replace('worker', '\\u0077orker')],
    ['what is not ASCII', (line: string) => line.replace('worker', 'w\u00f6rker')],
    ['a carriage return', (line: string) => `${line}\r`],
    ['nothing', () => ''],
    ['no object', () => 'null'],
  ])('is none with %s', (_, change) => {
    const [line] = sampleLog(1).lines;
    expect(parseLine(line!)).toBeDefined();
    expect(parseLine(change(line!))).toBeUndefined();
  });

  it('is in its place only after the line that it names', () => {
    const { lines, head } = sampleLog(3);
    const second = { seq: 2, hash: hashOf(lines[1]!) };
    expect(follow(second, lines[2]!)).toMatchObject({ end: head, entry: { seq: 3 } });
    expect(follow(second, lines[1]!)).toEqual({
      fault: 'line 2 is out of order: it comes after line 2',
    });
    expect(follow({ seq: 1, hash: hashOf(lines[0]!) }, lines[2]!)).toEqual({
      fault: 'line 2 is missing before line 3',
    });
    expect(follow({ seq: 2, hash: ORIGIN.hash }, lines[2]!)).toEqual({
      fault: 'line 2 was changed: line 3 was written after another one',
      isBefore: true,
    });
  });

  it.each(['', 'abc', 'A'.repeat(64), `${'a'.repeat(64)}\n`])('has a hash that is not %j', (text) => {
    expect(isHash(text)).toBe(false);
  });
});
