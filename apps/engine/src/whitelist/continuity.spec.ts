import { tunnelAddress, type PublicKey } from '#crypto';
import type { Client, ClientFile, ClientName, DirectoryIdentity } from '#whitelist';
import { freeKeys } from '../../../../libs/whitelist/testing/keys.js';
import { keepClients, standingsAfter, type Standing, type Standings } from './continuity.js';

const [keyA, keyB] = freeKeys(2) as [PublicKey, PublicKey];
const HOME: DirectoryIdentity = { dev: 1n, ino: 10n, birthtimeNs: 5n };
const OTHER: DirectoryIdentity = { dev: 2n, ino: 10n, birthtimeNs: 6n };
const GRACE = 2000;

function key(name: string, publicKey: PublicKey): ClientFile & { kind: 'key' } {
  return {
    kind: 'key',
    name: name as ClientName,
    publicKey,
    tunnelAddress: tunnelAddress(publicKey),
    role: 'any',
  };
}

function broken(name: string, kind: 'bad' | 'unreadable' = 'bad'): ClientFile {
  const refusal = { reason: 'Why', remedy: 'What to do.' };
  return kind === 'bad' ? { kind, name, refusal, content: '' } : { kind, name: name as ClientName, refusal };
}

function standing(name: string, publicKey: PublicKey, more: Partial<Standing> = {}): Standings {
  const client: Client = {
    name: name as ClientName,
    publicKey,
    tunnelAddress: tunnelAddress(publicKey),
    role: 'any',
  };
  return new Map([[client.name, { client, seenIn: HOME, ...more }]]);
}

/** What is left of a.pub with key A, when `files` are found in `directory` at `now`. */
function keysAfter(
  files: ClientFile[],
  directory = HOME,
  now = 0,
  standings = standing('a', keyA),
): string[] {
  return keepClients(standings, { directory, files }, now, GRACE).files.map((file) =>
    file.kind === 'key'
      ? `${file.name} ${file.publicKey.equals(keyA) ? 'A' : 'B'}`
      : `${file.name} ${file.kind}`,
  );
}

describe('an admitted client', () => {
  test('is gone when its file is gone from the directory that held it', () => {
    expect(keysAfter([])).toEqual([]);
  });

  test('is held when the directory is another one, whatever else is in that', () => {
    expect(keysAfter([], OTHER)).toEqual(['a A']);
    expect(keysAfter([key('b', keyB)], OTHER)).toEqual(['a A', 'b B']);
  });

  test('is not held under its old name when its key is there under another', () => {
    expect(keysAfter([key('b', keyA)], OTHER)).toEqual(['b A']);
  });

  test('is replaced when its file holds another key, wherever', () => {
    expect(keysAfter([key('a', keyB)])).toEqual(['a B']);
    expect(keysAfter([key('a', keyB)], OTHER)).toEqual(['a B']);
  });

  test('keeps its key for the grace after its file turned bad, and not longer', () => {
    expect(keysAfter([broken('a')], HOME, 500)).toEqual(['a A']);
    const doubted = standing('a', keyA, { badSince: 500 });
    expect(keysAfter([broken('a')], HOME, 2499, doubted)).toEqual(['a A']);
    expect(keysAfter([broken('a')], HOME, 2500, doubted)).toEqual(['a bad']);
  });

  test('keeps its key for as long as its file cannot be read', () => {
    expect(keysAfter([broken('a', 'unreadable')], HOME, 1e9)).toEqual(['a A']);
  });

  test('that never was admitted is kept by nothing', () => {
    expect(keysAfter([broken('b'), broken('c', 'unreadable')], OTHER, 0, new Map())).toEqual([
      'b bad',
      'c unreadable',
    ]);
  });
});

describe('what a client stands on', () => {
  function after(
    files: ClientFile[],
    directory: DirectoryIdentity,
    now: number,
    before: Standings,
  ): Standings {
    const continued = keepClients(before, { directory, files }, now, GRACE);
    const clients = continued.files.filter((file) => file.kind === 'key');
    return standingsAfter(clients, continued, directory, before);
  }

  test('stays the directory that held its file while it is held, so that its return can say it is gone', () => {
    const away = after([], OTHER, 0, standing('a', keyA));
    expect(away.get('a' as ClientName)?.seenIn).toBe(HOME);
    expect(keysAfter([], HOME, 0, away)).toEqual([]);
  });

  test('is the new directory once its file was seen there', () => {
    const moved = after([key('a', keyA)], OTHER, 0, standing('a', keyA));
    expect(moved.get('a' as ClientName)?.seenIn).toBe(OTHER);
    expect(keysAfter([], OTHER, 0, moved)).toEqual([]);
  });

  test('counts the grace from the first bad reading, and anew after a good one', () => {
    let standings = after([broken('a')], HOME, 100, standing('a', keyA));
    standings = after([broken('a')], HOME, 1000, standings);
    expect(standings.get('a' as ClientName)?.badSince).toBe(100);
    standings = after([key('a', keyA)], HOME, 1500, standings);
    expect(standings.get('a' as ClientName)?.badSince).toBeUndefined();
  });
});
