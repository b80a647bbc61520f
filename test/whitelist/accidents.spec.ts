import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import type { ClientName } from '#whitelist';
import { newKey } from '../../libs/whitelist/testing/keys.js';
import { until as eventually } from '../lab/until.js';
import { Fixture, states, until } from './fixture.js';
import type { WhitelistService } from '../../apps/engine/src/whitelist/whitelist.service.js';

const alice = newKey();
const bob = newKey();
const carol = newKey();
let fixture: Fixture;
let whitelist: WhitelistService;
let revoked: string[];

function watchRevocations(): void {
  revoked = [];
  whitelist.changes.subscribe((change) => revoked.push(...change.revoked.map(({ name }) => name)));
}

/** With nothing revoked by it: several readings, which is what would have revoked. */
async function readSeveralTimes(): Promise<void> {
  for (let round = 0; round < 5; round += 1) await whitelist.rescan();
}

afterEach(() => fixture.remove());

describe('the keys directory', () => {
  beforeEach(async () => {
    fixture = new Fixture();
    fixture.put('alice', alice);
    fixture.put('bob', bob);
    whitelist = await fixture.start();
    watchRevocations();
  });

  test('when it is deleted revokes nobody, says so, and admits nobody', async () => {
    renameSync(fixture.keys, `${fixture.root}/elsewhere`);
    await until(whitelist, () => whitelist.directoryError !== undefined);
    expect(whitelist.directoryError).toMatch(
      /does not exist\. .*All 2 clients stay admitted, and nobody new is/,
    );
    await readSeveralTimes();
    expect(states(whitelist)).toEqual(['alice admitted', 'bob admitted']);
    expect(fixture.logged.filter(({ level }) => level === 'error')).toHaveLength(1);
    await expect(whitelist.add('carol', carol.text)).rejects.toThrow('does not exist');
  });

  test('when others can write to it is told of, once, as soon as it is so and until it is not', async () => {
    expect(whitelist.warnings).toEqual([]);
    chmodSync(fixture.keys, 0o777);
    await until(whitelist, () => whitelist.warnings.length > 0);
    expect(whitelist.warnings).toEqual([
      expect.stringContaining('every user can write to the keys directory'),
    ]);
    chownSync(fixture.path('bob'), 1000, 1000);
    await until(whitelist, () => whitelist.warnings.length > 1);
    expect(whitelist.warnings[1]).toContain(`the user 1000 can write to ${fixture.path('bob')}`);
    await readSeveralTimes();
    expect(fixture.logged.filter(({ level }) => level === 'warn').map(({ text }) => text)).toEqual(
      whitelist.warnings,
    );
    expect(states(whitelist)).toEqual(['alice admitted', 'bob admitted']);
    chmodSync(fixture.keys, 0o755);
    chownSync(fixture.path('bob'), 0, 0);
    await until(whitelist, () => whitelist.warnings.length === 0);
    expect(fixture.linesWith('nobody but root and the engine can write to the keys directory')).toHaveLength(
      1,
    );
  });

  test('when it is created anew, empty, revokes nobody and says whom it lacks', async () => {
    rmSync(fixture.keys, { recursive: true });
    mkdirSync(fixture.keys);
    await until(whitelist, () => whitelist.directoryError !== undefined);
    await readSeveralTimes();
    expect(revoked).toEqual([]);
    expect(states(whitelist)).toEqual(['alice admitted', 'bob admitted']);
    expect(whitelist.directoryError).toContain('was replaced by another one, which lacks alice, bob');
  });

  test('when it is created anew is heard again, and each file put back or removed there counts', async () => {
    rmSync(fixture.keys, { recursive: true });
    mkdirSync(fixture.keys);
    await until(whitelist, () => whitelist.directoryError !== undefined);
    fixture.put('alice', alice);
    fixture.put('carol', carol);
    await until(whitelist, () => whitelist.snapshot.named('carol') !== undefined);
    expect(whitelist.directoryError).toMatch(/lacks bob\./);
    rmSync(fixture.path('alice'));
    await until(whitelist, () => whitelist.snapshot.named('alice') === undefined);
    fixture.put('bob', bob);
    await until(whitelist, () => whitelist.directoryError === undefined);
    expect(revoked).toEqual(['alice']);
    expect(states(whitelist)).toEqual(['bob admitted', 'carol admitted']);
  });

  test('when it was replaced is taken at its word by a restart', async () => {
    renameSync(fixture.keys, `${fixture.root}/elsewhere`);
    mkdirSync(fixture.keys);
    fixture.put('alice', alice);
    await until(whitelist, () => whitelist.directoryError?.includes('lacks bob') ?? false);
    await fixture.stop();
    whitelist = await fixture.start();
    expect(states(whitelist)).toEqual(['alice admitted']);
    expect(whitelist.directoryError).toBeUndefined();
  });

  test('when it was replaced lets the operator revoke by name those whom it lacks', async () => {
    renameSync(fixture.keys, `${fixture.root}/elsewhere`);
    mkdirSync(fixture.keys);
    await until(whitelist, () => whitelist.directoryError !== undefined);
    expect((await whitelist.remove('bob')).removed?.publicKey.text).toBe(bob.text);
    expect(revoked).toEqual(['bob']);
    await readSeveralTimes();
    expect(states(whitelist)).toEqual(['alice admitted']);
    await expect(whitelist.add('alice', carol.text)).rejects.toThrow('held by another key');
  });

  test('when the old one is back is taken at its word again', async () => {
    renameSync(fixture.keys, `${fixture.root}/elsewhere`);
    mkdirSync(fixture.keys);
    await until(whitelist, () => whitelist.directoryError !== undefined);
    rmSync(`${fixture.root}/elsewhere/bob.pub`);
    rmSync(fixture.keys, { recursive: true });
    renameSync(`${fixture.root}/elsewhere`, fixture.keys);
    await until(whitelist, () => whitelist.directoryError === undefined);
    expect(revoked).toEqual(['bob']);
    expect(states(whitelist)).toEqual(['alice admitted']);
  });

  test('when a file takes its place revokes nobody', async () => {
    renameSync(fixture.keys, `${fixture.root}/elsewhere`);
    writeFileSync(fixture.keys, '');
    await until(whitelist, () => whitelist.directoryError?.includes('is not a directory') ?? false);
    await readSeveralTimes();
    expect(revoked).toEqual([]);
  });

  test('loses a single client by rm at once, without a word of error', async () => {
    rmSync(fixture.path('bob'));
    await until(whitelist, () => whitelist.snapshot.size === 1);
    expect(revoked).toEqual(['bob']);
    expect(whitelist.directoryError).toBeUndefined();
    expect(fixture.linesWith(`bob: revoked (${bob.fingerprint}`)[0]?.text).toContain('its file is gone');
  });

  test('that is missing when the engine starts admits nobody, says so, and is read when it appears', async () => {
    await fixture.stop();
    renameSync(fixture.keys, `${fixture.root}/elsewhere`);
    whitelist = await fixture.start();
    expect(whitelist.directoryError).toContain('Nobody is admitted.');
    renameSync(`${fixture.root}/elsewhere`, fixture.keys);
    await until(whitelist, () => whitelist.snapshot.size === 2);
    expect(whitelist.directoryError).toBeUndefined();
  });
});

describe('a keys directory on a file system of its own', () => {
  const mount = () => execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'banyan-test', fixture.keys]);
  /** Again and again: it is busy while it is being read. */
  const unmount = () =>
    eventually(() => execFileSync('umount', [fixture.keys], { stdio: 'pipe' }), { what: 'it is unmounted' });

  beforeEach(async () => {
    fixture = new Fixture();
    mount();
    fixture.put('alice', alice);
    fixture.put('bob', bob);
    whitelist = await fixture.start();
    watchRevocations();
  });

  // Before the outer one removes the directory, also when a test failed half-way.
  afterEach(async () => {
    await fixture.stop();
    execFileSync('sh', ['-c', 'while umount "$0" 2>/dev/null; do :; done', fixture.keys]);
  });

  test('can be unmounted while it is watched, which revokes nobody and is said', async () => {
    await unmount();
    await until(whitelist, () => whitelist.directoryError !== undefined);
    await readSeveralTimes();
    expect(revoked).toEqual([]);
    expect(states(whitelist)).toEqual(['alice admitted', 'bob admitted']);
    expect(whitelist.directoryError).toContain('is it mounted?');
  });

  test('when it is mounted again, on another device, is in order again and heard', async () => {
    await unmount();
    await until(whitelist, () => whitelist.directoryError !== undefined);
    mount();
    fixture.put('alice', alice);
    fixture.put('bob', bob);
    await until(whitelist, () => whitelist.directoryError === undefined);
    rmSync(fixture.path('bob'));
    await until(whitelist, () => whitelist.snapshot.size === 1);
    expect(revoked).toEqual(['bob']);
  });

  test('that something else is mounted over revokes nobody', async () => {
    mount();
    await until(whitelist, () => whitelist.directoryError !== undefined);
    await readSeveralTimes();
    expect(revoked).toEqual([]);
    await unmount();
    await until(whitelist, () => whitelist.directoryError === undefined);
    expect(states(whitelist)).toEqual(['alice admitted', 'bob admitted']);
  });

  const ballast = () => `${fixture.keys}/ballast`;
  const fill = () => expect(() => writeFileSync(ballast(), Buffer.alloc(1 << 20))).toThrow('ENOSPC');

  test('that is full keeps a key from being rotated, says why, and has no part of a file left in it', async () => {
    fill();
    // Room for the lock.
    truncateSync(ballast(), statSync(ballast()).size - 4096);
    const before = readdirSync(fixture.keys);
    const rotation = { name: 'bob' as ClientName, from: bob, to: carol };
    await expect(whitelist.rotate(rotation)).rejects.toThrow(/cannot write .*bob\.pub: the disk is full/);
    expect(readdirSync(fixture.keys)).toEqual(before);
    expect(states(whitelist)).toEqual(['alice admitted', 'bob admitted']);
  });

  test('that is full keeps no client from being revoked', async () => {
    fill();
    expect((await whitelist.remove('bob')).removed?.publicKey.text).toBe(bob.text);
    expect(revoked).toEqual(['bob']);
  });

  test('that is full refuses a new client, says why, and keeps the others', async () => {
    fill();
    await expect(whitelist.add('carol', carol.text)).rejects.toThrow('the disk is full');
    await readSeveralTimes();
    expect(states(whitelist)).toEqual(['alice admitted', 'bob admitted']);
  });

  test('that is read-only refuses a new client and says why', async () => {
    execFileSync('mount', ['-o', 'remount,ro', fixture.keys]);
    await expect(whitelist.add('carol', carol.text)).rejects.toThrow('the file system is read-only');
    await expect(whitelist.remove('bob')).rejects.toThrow('the file system is read-only');
    expect(states(whitelist)).toEqual(['alice admitted', 'bob admitted']);
  });
});
