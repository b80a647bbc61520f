import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  openSync,
  closeSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { randomBytes } from 'node:crypto';
import { newKey } from '../../libs/whitelist/testing/keys.js';
import { Fixture, NEVER, reasonOf, states, until } from './fixture.js';

const good = newKey();
let fixture: Fixture;

beforeEach(() => {
  fixture = new Fixture();
  fixture.put('good', good);
});

afterEach(() => fixture.remove());

const BAD: [what: string, make: (path: string) => void, reason: string][] = [
  ['empty', (path) => closeSync(openSync(path, 'w')), 'It holds no key'],
  [
    '1 GB',
    (path) => (closeSync(openSync(path, 'w')), truncateSync(path, 2 ** 30)),
    'It is larger than 4096 bytes',
  ],
  ['a directory', (path) => mkdirSync(path), 'It is a directory'],
  ['a FIFO', (path) => execFileSync('mkfifo', [path]), 'It is a FIFO'],
  [
    'a link to a FIFO',
    (path) => (execFileSync('mkfifo', [`${path}.fifo`]), symlinkSync(`${path}.fifo`, path)),
    'It is a FIFO',
  ],
  [
    'a dangling link',
    (path) => symlinkSync('/nowhere/at/all', path),
    'It is a link to a file that does not exist',
  ],
  ['a link to itself', (path) => symlinkSync(path, path), 'It is a link that leads back to itself'],
  ['a link to a device', (path) => symlinkSync('/dev/zero', path), 'It is not a regular file'],
  ['a link to a directory', (path) => symlinkSync('/', path), 'It is a directory'],
  ['binary', (path) => writeFileSync(path, randomBytes(512)), 'is not a WireGuard key'],
  [
    'two keys',
    (path) => writeFileSync(path, `${newKey().text}\n${newKey().text}\n`),
    'It holds 2 different keys',
  ],
  ['31 bytes', (path) => writeFileSync(path, Buffer.alloc(31, 1).toString('base64')), '31 bytes'],
  ['33 bytes', (path) => writeFileSync(path, Buffer.alloc(33, 1).toString('base64')), '33 bytes'],
  ['all zeros', (path) => writeFileSync(path, Buffer.alloc(32).toString('base64')), 'low order'],
];

describe('a .pub file that is', () => {
  test.each(BAD)('%s is refused with its reason and stops nobody else', async (_, make, reason) => {
    make(fixture.path('bad'));
    const whitelist = await fixture.start();
    expect(states(whitelist)).toEqual(['bad invalid', 'good admitted']);
    expect(reasonOf(whitelist, 'bad')).toContain(reason);
    expect(fixture.linesWith('bad.pub is not admitted')).toHaveLength(1);
  });

  test.each(BAD)('%s in the place of an admitted one revokes it only after the grace', async (_, make) => {
    const whitelist = await fixture.start(NEVER);
    const started = performance.now();
    make(fixture.path('x'));
    rmSync(fixture.path('good'));
    // A reading between the two would find none, which revokes at once.
    renameSync(fixture.path('x'), fixture.path('good'));
    await whitelist.rescan();
    await until(whitelist, () => whitelist.snapshot.size === 0);
    expect(performance.now() - started).toBeGreaterThan(290);
    expect(states(whitelist).filter((state) => state.startsWith('good'))).toEqual(['good invalid']);
    expect(fixture.linesWith(`good: revoked (${good.fingerprint}`)).toHaveLength(1);
  });

  test.each([
    ['CRLF', `${newKey().text}\r\n`],
    ['double quotes', `"${newKey().text}"\n`],
    ['single quotes and CRLF', `'${newKey().text}'\r\n`],
  ])('written with %s is good', async (_, text) => {
    fixture.put('other', text);
    const whitelist = await fixture.start();
    expect(states(whitelist)).toEqual(['good admitted', 'other admitted']);
  });
});

describe('an admitted file', () => {
  test('that is cut and written again, as a shell does, is not revoked in between', async () => {
    const whitelist = await fixture.start({ grace: 60_000 });
    const changes: unknown[] = [];
    whitelist.changes.subscribe((change) => changes.push(change));
    fixture.put('good', '');
    await whitelist.rescan();
    expect(whitelist.snapshot.find(good.text)?.name).toBe('good');
    fixture.put('good', good);
    await whitelist.rescan();
    expect(changes).toEqual([]);
  });

  test('that is renamed stays admitted under the new name', async () => {
    const whitelist = await fixture.start();
    const changes: unknown[] = [];
    whitelist.changes.subscribe((change) => changes.push(change));
    renameSync(fixture.path('good'), fixture.path('better'));
    await until(whitelist, () => whitelist.snapshot.named('better') !== undefined);
    expect(changes).toEqual([
      {
        admitted: [],
        revoked: [],
        rotated: [],
        renamed: [expect.objectContaining({ from: 'good', to: 'better' })],
        changed: [],
      },
    ]);
  });

  test('that is copied and then removed is a rename too', async () => {
    const whitelist = await fixture.start();
    fixture.put('better', good);
    await whitelist.rescan();
    expect(states(whitelist)).toEqual(['better duplicate', 'good admitted']);
    rmSync(fixture.path('good'));
    await whitelist.rescan();
    expect(states(whitelist)).toEqual(['better admitted']);
    expect(fixture.linesWith('revoked')).toEqual([]);
  });
});

describe('a file that never was good', () => {
  test('is logged once for each content, with its name made harmless and nothing of its content', async () => {
    const secret = 'hunter2-hunter2';
    writeFileSync(`${fixture.keys}/\x1b[2Jevil.pub`, secret);
    fixture.put('bad', secret);
    const whitelist = await fixture.start();
    fixture.put('bad', secret);
    await whitelist.rescan();
    await whitelist.rescan();
    expect(fixture.linesWith('bad.pub is not admitted')).toHaveLength(1);
    expect(fixture.linesWith('\\x1b[2Jevil.pub is not admitted')).toHaveLength(1);
    fixture.put('bad', `${secret}!`);
    await whitelist.rescan();
    expect(fixture.linesWith('bad.pub is not admitted')).toHaveLength(2);
    expect(fixture.linesWith('hunter2')).toEqual([]);
    expect(fixture.linesWith('\x1b')).toEqual([]);
  });

  test('is admitted as soon as it is good', async () => {
    fixture.put('bad', 'rubbish');
    const whitelist = await fixture.start({ rescan: 60_000 });
    fixture.put('bad', newKey());
    await until(whitelist, () => whitelist.snapshot.size === 2);
  });
});

test('a link swapped for another file is read anew, and its old key is no longer admitted', async () => {
  const next = newKey();
  fixture.put('one', newKey());
  writeFileSync(`${fixture.root}/target`, next.text);
  const whitelist = await fixture.start();
  rmSync(fixture.path('good'));
  symlinkSync(`${fixture.root}/target`, fixture.path('good'));
  chmodSync(`${fixture.root}/target`, 0o600);
  await until(whitelist, () => whitelist.snapshot.find(next.text) !== undefined);
  expect(whitelist.snapshot.find(good.text)).toBeUndefined();
});
