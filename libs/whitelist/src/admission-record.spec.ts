import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tunnelAddress } from '#crypto';
import {
  NO_ADMISSIONS,
  openAdmissionRecord,
  readAdmissionRecord,
  saveAdmissionRecord,
  type AdmissionRecord,
} from './admission-record.js';
import { parseClientName } from './client-name.js';
import { newKey } from '../testing/keys.js';

const key = newKey();
const record: AdmissionRecord = new Map([
  [tunnelAddress(key), { name: parseClientName('worker-1'), publicKey: key }],
]);
const NOON = new Date('2031-02-03T12:00:00.123Z');

let directory: string;
let path: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'banyan-record-'));
  path = join(directory, 'state', 'first-admissions.json');
  await saveAdmissionRecord(path, record);
});

afterEach(() => rm(directory, { recursive: true }));

describe('the record of first admissions', () => {
  test('comes back as it was saved, from a file that only its owner reads', async () => {
    expect((await readAdmissionRecord(path)).record).toEqual(record);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  test('is empty, without a fault, when there never was one', async () => {
    expect(await openAdmissionRecord(join(directory, 'none'), NOON)).toEqual({ record: NO_ADMISSIONS });
  });

  test.each([
    ['cut short', (text: string) => text.slice(0, -20)],
    ['empty', () => ''],
    ['not ours', () => '[]'],
    ['of another version', (text: string) => text.replace('"version": 1', '"version": 9')],
    ['with a name that is a path', (text: string) => text.replace('worker-1', '../worker')],
    [
      'with a key under an address that is not its own',
      (text: string) => text.replace(/10\.200\.\d+\.\d+/, '10.200.0.1'),
    ],
    ['with a key that is none', (text: string) => text.replace(key.text, 'AAAA')],
  ])('that is %s is set aside, said so, and never taken for an empty one', async (_, damage) => {
    const damaged = damage(await readFile(path, 'utf8'));
    await writeFile(path, damaged);
    const { record: read, fault } = await openAdmissionRecord(path, NOON);
    const aside = `${path}.corrupt-20310203T120000Z`;
    expect(read.size).toBe(0);
    expect(fault).toContain(`it is kept as ${aside}`);
    expect(await readFile(aside, 'utf8')).toBe(damaged);
    expect(await readdir(join(directory, 'state'))).toEqual([
      'first-admissions.json.corrupt-20310203T120000Z',
    ]);
  });

  test('is left in place by those who only read it', async () => {
    await writeFile(path, 'damaged');
    expect((await readAdmissionRecord(path)).fault).toContain('it is not JSON');
    expect(await readFile(path, 'utf8')).toBe('damaged');
  });

  test('a fault repeats nothing of the file', async () => {
    await writeFile(path, 'hunter2');
    expect((await readAdmissionRecord(path)).fault).not.toContain('hunter2');
  });
});
