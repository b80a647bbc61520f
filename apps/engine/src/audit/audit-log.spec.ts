import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../../../../test/lab/until.js';
import { AuditLog, type AuditLogOptions } from './audit-log.js';
import { parseLine, type Entry } from './chain.js';
import { engineStopped, roleDenied, storeRestored, subnetReleased } from './events.js';
import { lastLines, newLines, verifyLog } from './read-log.js';

let directory: string;
let told: string[];
let open: AuditLog | undefined;

beforeEach(() => {
  directory = join(mkdtempSync(join(tmpdir(), 'banyan-audit-')), 'audit');
  told = [];
});

afterEach(async () => {
  await open?.close();
  open = undefined;
  rmSync(join(directory, '..'), { recursive: true });
});

async function opened(changes: Partial<AuditLogOptions> = {}): Promise<AuditLog> {
  const tell = (sentence: string): void => void told.push(sentence);
  const options = {
    directory,
    fileBytes: 2_000,
    files: 4,
    waiting: 100,
    retry: 20,
    sayHeadEvery: 3_600_000,
    ...changes,
  };
  open = await AuditLog.open(options, { say: (_, sentence) => tell(sentence) });
  return open;
}

async function closed(log: AuditLog): Promise<void> {
  open = undefined;
  await log.close();
}

async function recorded(log: AuditLog, count: number, from = 0): Promise<void> {
  for (let index = from; index < from + count; index++) {
    log.record(subnetReleased(`worker-${index}`, '10.201.0.0/24'));
    await log.written();
  }
}

const files = (): string[] => readdirSync(directory).filter((name) => name.startsWith('audit-'));
const newest = (): string => join(directory, files().at(-1)!);
const entries = async (): Promise<Entry[]> =>
  (await lastLines(directory, '', 1_000)).lines.map((line) => parseLine(line)!);

describe('the audit log', () => {
  it('is closed to others, and goes on where the last start ended', async () => {
    const first = await opened();
    await recorded(first, 2);
    await closed(first);
    expect(told.at(-1)).toBe(
      `the audit log is at line 2; to check it: banyan-engine audit --expect ${first.head.hash}`,
    );
    await recorded(await opened(), 1);
    expect((await entries()).map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(await verifyLog(directory, first.head.hash)).toMatchObject({ fault: undefined, expectedAt: 2 });
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect(statSync(newest()).mode & 0o777).toBe(0o600);
  });

  it('says its head again and again, for whoever keeps it elsewhere', async () => {
    const log = await opened({ sayHeadEvery: 20 });
    await recorded(log, 1);
    const line = `the audit log is at line 1; to check it: banyan-engine audit --expect ${log.head.hash}`;
    await until(() => told.filter((sentence) => sentence === line).length > 2);
  });

  it('is written by one process at a time', async () => {
    await opened();
    await expect(opened()).rejects.toMatchObject({ kind: 'conflict' });
  });

  it('goes on over files, drops the oldest, and is whole all the while', async () => {
    const log = await opened();
    const heads: string[] = [];
    for (let index = 0; index < 60; index++) {
      await recorded(log, 1, index);
      heads.push(log.head.hash);
      expect((await verifyLog(directory)).fault).toBeUndefined();
    }
    expect(files()).toHaveLength(4);
    expect((await entries())[0]!.seq).toBeGreaterThan(10);
    expect(await verifyLog(directory, heads.at(-1))).toMatchObject({ files: 4, expectedAt: log.head.seq });
    expect(await verifyLog(directory, heads[0])).toMatchObject({ fault: undefined, expectedAt: undefined });
    rmSync(join(directory, files()[0]!));
    expect((await verifyLog(directory)).fault?.what).toMatch(/^lines 1 to \d+ are missing before line \d+,/);
  });

  it('misses a file from its middle', async () => {
    await recorded(await opened(), 35);
    expect(files()).toHaveLength(4);
    rmSync(join(directory, files()[1]!));
    expect((await verifyLog(directory)).fault?.what).toMatch(/^lines \d+ to \d+ are missing before line/);
  });

  it('writes once an hour what an admitted component may do at will, and how often that was', async () => {
    const log = await opened();
    const denied = roleDenied({
      name: 'cli-1',
      role: 'cli',
      rpc: 'EngineService.register',
      address: '192.0.2.1',
    });
    for (let minute = 0; minute < 61; minute++) log.record(denied, minute * 60_000);
    for (let other = 0; other < 1_000; other++) {
      log.record(roleDenied({ ...{ name: `cli-${other}`, role: 'cli', rpc: 'x', address: '192.0.2.1' } }), 0);
    }
    await log.written();
    const said = await entries();
    expect(said.length).toBeLessThan(70);
    expect(said.slice(0, 2).map(({ fields }) => fields['held_back'])).toEqual([undefined, 59]);
  });
});

describe('a log that a crash left in the middle of a line', () => {
  it('is taken up after its last whole line, and says what was left', async () => {
    const before = await opened();
    await recorded(before, 2);
    await closed(before);
    appendFileSync(newest(), '{"seq":3,"time":"20');
    expect(await verifyLog(directory)).toMatchObject({ lines: 2, fault: undefined, tornBytes: 19 });
    const log = await opened();
    await log.written();
    expect(told).toContain('the audit log ended in the middle of a line (19 bytes), as a crash leaves it');
    expect((await entries()).at(-1)).toMatchObject({
      ...{ seq: 3, event: 'log.torn' },
      fields: { bytes: 19, text: '{"seq":3,"time":"20' },
    });
    expect(await verifyLog(directory)).toMatchObject({ lines: 3, fault: undefined, tornBytes: 0 });
  });

  it.each([
    ['empty', ''],
    ['with a part of its first line', '{"seq":9,'],
  ])('is taken up in the file before a newest one that is %s', async (_, content) => {
    const before = await opened();
    await recorded(before, 2);
    await closed(before);
    writeFileSync(join(directory, 'audit-000000000003.jsonl'), content);
    await recorded(await opened(), 1);
    expect(files()).toEqual(['audit-000000000001.jsonl']);
    expect(await verifyLog(directory)).toMatchObject({ lines: content === '' ? 3 : 4, fault: undefined });
  });
});

describe('a log that somebody changed', () => {
  it('is gone on with, is said to be changed, and is never whole again', async () => {
    const before = await opened();
    await recorded(before, 3);
    await closed(before);
    writeFileSync(newest(), readFileSync(newest(), 'utf8').replace('worker-1', 'worker-7'));
    await recorded(await opened(), 1);
    expect(told.find((sentence) => sentence.includes('was changed,'))).toContain(
      'audit-000000000001.jsonl: line 2 was changed: line 3 was written after another one',
    );
    expect((await entries()).map(({ event }) => event)).toContain('log.damaged');
    expect((await verifyLog(directory)).fault).toMatchObject({ line: 2 });
  });

  it('needs no more memory for a line without an end', async () => {
    const before = await opened();
    await recorded(before, 1);
    await closed(before);
    appendFileSync(newest(), 'x'.repeat(300_000));
    expect((await verifyLog(directory)).fault?.what).toBe('a line in the middle was cut off');
    await recorded(await opened(), 1);
    expect(await verifyLog(directory)).toMatchObject({ lines: 3, fault: undefined });
  });
});

describe('a disk that takes no lines', () => {
  it('is said, and what no longer fits the memory until it does is counted in the log', async () => {
    // Every line wants a file of its own, and there is no place for it.
    const log = await opened({ fileBytes: 1, files: 100, waiting: 5 });
    await recorded(log, 1);
    const away = `${directory}-away`;
    renameSync(directory, away);
    for (let index = 1; index <= 20; index++) log.record(subnetReleased(`worker-${index}`, '10.201.0.0/24'));
    await until(() =>
      told.some((sentence) => sentence.includes('cannot be written, and the engine goes on')),
    );
    await delay(100);
    expect(new Set(told)).toEqual(new Set([log.failure]));
    renameSync(away, directory);
    await log.written();
    expect(told.at(-1)).toBe('the audit log can be written again');
    expect(log.failure).toBeUndefined();
    const said = (await entries()).filter(({ event }) => event !== 'log.continued');
    expect(said.map(({ fields }) => fields['name'] ?? fields['text'])).toEqual([
      ...['worker-0', 'worker-1', 'worker-2', 'worker-3', 'worker-4', 'worker-5'],
      'gap: 15 events lost',
    ]);
    expect((await verifyLog(directory)).fault).toBeUndefined();
  });

  it('keeps no engine from stopping, which says what is lost', async () => {
    const log = await opened({ fileBytes: 1, retry: 60_000 });
    await recorded(log, 1);
    renameSync(directory, `${directory}-away`);
    log.record(engineStopped());
    open = undefined;
    expect(await log.close()).toBe(false);
    expect(told).toContain('the audit log lacks the last events, which could not be written: 1');
  });
});

describe('a reader', () => {
  it('is shown the last lines since a moment, newest last', async () => {
    const log = await opened();
    for (const hour of [1, 2, 3, 4]) log.record(engineStopped(), Date.UTC(2027, 0, 31, hour));
    await log.written();
    const shown = async (since: string, limit: number): Promise<number[]> =>
      (await lastLines(directory, since, limit)).lines.map((line) => parseLine(line)!.seq);
    expect(await shown('', 2)).toEqual([3, 4]);
    expect(await shown('2027-01-31T02:00:00.000Z', 10)).toEqual([2, 3, 4]);
    expect(await shown('2027-02-01T00:00:00.000Z', 10)).toEqual([]);
  });

  it('follows what is written, over the change of files', async () => {
    const log = await opened();
    await recorded(log, 1);
    const { end } = await lastLines(directory, '', 1);
    const stop = new AbortController();
    const seen: number[] = [];
    const reading = (async () => {
      for await (const line of newLines(directory, end, stop.signal)) {
        seen.push(parseLine(line)!.seq);
        if (seen.length === 15) stop.abort();
      }
    })();
    await recorded(log, 20, 1);
    await reading;
    expect(seen).toEqual(Array.from({ length: 15 }, (_, index) => index + 2));
    expect(files().length).toBeGreaterThan(1);
  });

  it('is told that there is no log', async () => {
    await expect(verifyLog(directory)).rejects.toMatchObject({ kind: 'not-found' });
    expect(existsSync(directory)).toBe(false);
  });
});

describe('an event', () => {
  it('has values of one harmless line each, of bounded length', async () => {
    const log = await opened();
    log.record(storeRestored(`/root/a\nb\u001b[2J\u202e${'x'.repeat(1_000)}`, 'then', 3));
    await log.written();
    expect((await entries())[0]!.fields['file']).toMatch(/^\/root\/a\?b\?\[2J\?x{280,300}\.\.\.$/);
  });

  it('keeps the letters of a note', async () => {
    const log = await opened();
    log.record(storeRestored('Größe 東京', 'then', 3));
    await log.written();
    expect((await entries())[0]!.fields['file']).toBe('Größe 東京');
  });
});
