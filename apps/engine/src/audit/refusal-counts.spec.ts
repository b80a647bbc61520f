import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SILENT } from '#log';
import { RefusalCounts } from './refusal-counts.js';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'banyan-refusals-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const written = (): unknown[] =>
  readFileSync(join(directory, 'refusals.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line): unknown => JSON.parse(line));

describe('refusals', () => {
  it('are counted by minute and reason, however many they are', async () => {
    const counts = new RefusalCounts(directory, SILENT);
    for (let second = 0; second < 90; second++) counts.count('key not proven', second * 1_000);
    counts.count('unauthenticated', 61_000);
    await counts.close();
    expect(written()).toEqual([
      { minute: '1970-01-01T00:00:00.000Z', reason: 'key not proven', count: 60 },
      { minute: '1970-01-01T00:01:00.000Z', reason: 'key not proven', count: 30 },
      { minute: '1970-01-01T00:01:00.000Z', reason: 'unauthenticated', count: 1 },
    ]);
    expect(statSync(join(directory, 'refusals.jsonl')).mode & 0o777).toBe(0o600);
  });

  it('have few reasons a minute', async () => {
    const counts = new RefusalCounts(directory, SILENT);
    for (let reason = 0; reason < 1_000; reason++) counts.count(`reason ${reason}`, 0);
    await counts.close();
    expect(written()).toHaveLength(33);
    expect(written().at(-1)).toMatchObject({ reason: 'other', count: 968 });
  });

  it('fill two files of bounded size at most', async () => {
    const counts = new RefusalCounts(directory, SILENT, 1_000);
    for (let minute = 0; minute < 100; minute++) counts.count('key not proven', minute * 60_000);
    await counts.close();
    expect(readdirSync(directory).sort()).toEqual(['refusals.jsonl', 'refusals.previous.jsonl']);
    for (const name of readdirSync(directory)) {
      expect(statSync(join(directory, name)).size).toBeLessThanOrEqual(1_000);
    }
    expect(written().at(-1)).toMatchObject({ minute: '1970-01-01T01:39:00.000Z' });
  });

  it('are told once a minute in all, the most frequent first, whatever anybody does', async () => {
    const told: string[] = [];
    const counts = new RefusalCounts(directory, {
      say: (event, sentence) => void told.push(`${event}: ${sentence}`),
    });
    counts.count('unauthenticated', 0);
    for (let second = 0; second < 59; second++) counts.count('key not proven', second * 1_000);
    expect(told).toEqual([]);
    counts.count('key not proven', 60_000);
    await counts.close();
    expect(told).toEqual([
      'refusals.counted: 60 calls were refused within a minute: 59 for key not proven, 1 for unauthenticated',
      'refusals.counted: one call was refused within a minute: 1 for key not proven',
    ]);
  });
});
