import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Moment } from './clock.js';
import { openSeenTime, readSeenTime, saveSeenTime, seenTimePath } from './seen-time.js';

const MARK: Moment = { timeMs: Date.UTC(2027, 0, 31), uptimeMs: 12_340, bootId: 'one' };
const NOON = new Date('2031-02-03T12:00:00.123Z');

let directory: string;
let path: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'banyan-time-'));
  path = seenTimePath(join(directory, 'state'));
  await saveSeenTime(path, MARK);
});

afterEach(() => rm(directory, { recursive: true }));

describe('the time that was seen', () => {
  test('comes back as it was saved, from a file that only its owner reads', async () => {
    expect(await readSeenTime(path)).toEqual({ mark: MARK });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  test('is nothing, without a fault, before it was saved', async () => {
    expect(await openSeenTime(join(directory, 'none'), NOON)).toEqual({});
  });

  test.each([
    ['cut short', (text: string) => text.slice(0, -9)],
    ['empty', () => ''],
    ['null', () => 'null'],
    ['of another version', (text: string) => text.replace('"version":1', '"version":2')],
    ['before all time', (text: string) => text.replace(/"time_ms":\d+/, '"time_ms":-1')],
    ['after all time', (text: string) => text.replace(/"time_ms":\d+/, '"time_ms":1e99')],
    ['of no boot', (text: string) => text.replace('"boot_id":"one"', '"boot_id":1')],
  ])('that is %s is set aside, and said', async (_, damage) => {
    const damaged = damage(await readFile(path, 'utf8'));
    await writeFile(path, damaged);
    const aside = `${path}.corrupt-20310203T120000Z`;
    expect(await openSeenTime(path, NOON)).toEqual({ fault: `${path} is damaged; it is kept as ${aside}` });
    expect(await readFile(aside, 'utf8')).toBe(damaged);
    expect(await readdir(join(directory, 'state'))).toEqual(['seen-time.json.corrupt-20310203T120000Z']);
  });
});
