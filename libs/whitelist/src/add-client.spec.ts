import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PublicKey } from '#crypto';
import { tunnelAddress } from '#crypto';
import { addClientFile } from './add-client.js';
import type { Client } from './admit.js';
import type { AskedTerms } from './client-terms.js';
import { parseClientName, type ClientName } from './client-name.js';
import { KeysDirectory } from './directory.js';
import { listClients } from './list-clients.js';
import { withKeysLock } from './lock.js';
import { removeClientFile, type RemovedFile } from './remove-client.js';
import { collidingKeys, newKey } from '../testing/keys.js';

const engine = newKey();
const [first, second] = collidingKeys(2) as [PublicKey, PublicKey];
let path: string;

beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'banyan-keys-'));
});

afterEach(() => rmSync(path, { recursive: true, force: true }));

const NOON = Date.UTC(2031, 1, 3, 12);

function add(name: string, publicKey: string, replace = false, terms: AskedTerms = {}): Promise<unknown> {
  return addClientFile(path, [engine], { name, publicKey, replace, ...terms }, NOON);
}

/** @param holders the clients on record, with their keys. */
function remove(name: string, holders: Readonly<Record<string, PublicKey>> = {}): Promise<RemovedFile> {
  const record = Object.entries(holders).map(
    ([holder, publicKey]) => [tunnelAddress(publicKey), { name: holder as ClientName, publicKey }] as const,
  );
  return removeClientFile(path, [], name, new Map(record));
}

function content(name: string): string {
  return readFileSync(join(path, `${name}.pub`), 'utf8');
}

async function states(): Promise<string[]> {
  const { entries } = await listClients(
    path,
    [engine],
    { admissions: join(path, 'no-record'), seenTime: join(path, 'no-time') },
    () => ({ timeMs: NOON, uptimeMs: 0, bootId: '' }),
  );
  return entries.map(({ name, state }) => `${name} ${state}`);
}

describe('adding a client', () => {
  test('writes its key as one line that only the owner reads, and leaves nothing else behind', async () => {
    const key = newKey();
    const added = await add('worker-1', key.text);
    expect(added).toMatchObject({
      name: 'worker-1',
      tunnelAddress: tunnelAddress(key),
      path: join(path, 'worker-1.pub'),
    });
    expect(content('worker-1')).toBe(`${key.text}\n`);
    expect(statSync(join(path, 'worker-1.pub')).mode & 0o777).toBe(0o600);
    expect(readdirSync(path)).toEqual(['worker-1.pub']);
  });

  test("takes a key as it was copied from a config: quoted, beside the engine's", async () => {
    const key = newKey();
    await add('worker-1', `"${engine.text}"\n"${key.text}"\n`);
    expect(content('worker-1')).toBe(`${key.text}\n`);
  });

  test.each(['../evil', '-x', '.x', 'a b', ''])('refuses the name %j', async (name) => {
    await expect(add(name, newKey().text)).rejects.toMatchObject({
      kind: 'invalid',
      remedy: expect.stringContaining('letters') as string,
    });
    expect(readdirSync(path)).toEqual([]);
  });

  test.each([
    ['no key', '', 'holds no key'],
    ["the engine's own key", engine.text, "the engine's own key"],
    ['a low-order key', Buffer.alloc(32).toString('base64'), 'low order'],
    ['31 bytes', Buffer.alloc(31, 1).toString('base64'), '31 bytes'],
    ['two keys', `${first.text}\n${second.text}`, '2 different keys'],
  ])('refuses %s', async (_, key, reason) => {
    await expect(add('worker-1', key)).rejects.toMatchObject({
      kind: 'invalid',
      message: expect.stringContaining(reason) as string,
    });
    expect(readdirSync(path)).toEqual([]);
  });

  test('refuses a name held by another key, unless that key is to be replaced', async () => {
    const [old, next] = [newKey(), newKey()];
    await add('worker-1', old.text);
    await expect(add('worker-1', next.text)).rejects.toMatchObject({
      kind: 'conflict',
      message: `the name worker-1 is held by another key (${old.fingerprint})`,
    });
    expect(content('worker-1')).toBe(`${old.text}\n`);
    await add('worker-1', next.text, true);
    expect(content('worker-1')).toBe(`${next.text}\n`);
  });

  test('does not replace a key of which there is a copy, which would come into force by it', async () => {
    const old = newKey();
    await add('worker-1', old.text);
    writeFileSync(join(path, 'copy.pub'), `# role: cli\n${old.text}\n`);
    await expect(add('worker-1', newKey().text, true)).rejects.toMatchObject({
      kind: 'conflict',
      message: 'the key that worker-1 has is in copy.pub too, where it would be in force next',
      remedy: expect.stringContaining('remove-client --name copy') as string,
    });
    expect(content('worker-1')).toBe(`${old.text}\n`);
    await remove('copy');
    await add('worker-1', newKey().text, true);
    expect(await states()).toEqual(['worker-1 admitted']);
  });

  test('replaces a file that holds no usable key only when told so', async () => {
    writeFileSync(join(path, 'worker-1.pub'), '');
    await expect(add('worker-1', newKey().text)).rejects.toThrow('has a file already');
    await add('worker-1', newKey().text, true);
    expect(await states()).toEqual(['worker-1 admitted']);
  });

  test('refuses a key that is listed, and says under which name', async () => {
    const key = newKey();
    await add('worker-1', key.text);
    await expect(add('worker-1', key.text)).rejects.toThrow('listed already, as worker-1');
    await expect(add('worker-2', key.text)).rejects.toThrow('listed already, as worker-1');
    await expect(add('worker-2', key.text, true)).rejects.toThrow('listed already, as worker-1');
  });

  test('replacing a key by itself changes nothing and is no error', async () => {
    const key = newKey();
    await add('worker-1', key.text);
    await add('worker-1', key.text, true);
    expect(content('worker-1')).toBe(`${key.text}\n`);
  });

  test('refuses a key whose tunnel address is taken: run init again', async () => {
    await add('worker-1', first.text);
    await expect(add('worker-2', second.text)).rejects.toMatchObject({
      kind: 'conflict',
      message: `the tunnel address of this key, ${tunnelAddress(first)}, belongs to worker-1`,
      remedy: expect.stringContaining('Run `init` again on worker-2') as string,
    });
    await add('worker-1', second.text, true);
    expect(content('worker-1')).toBe(`${second.text}\n`);
  });

  describe('on terms', () => {
    const TERMS = { role: 'agent', expires: '2031-02-03', note: 'rack 4, Zürich' };
    const lines = '# role: agent\n# expires: 2031-02-03\n# note: rack 4, Zürich\n';

    test('writes them as comments, and nothing for what holds anyway', async () => {
      const [one, two] = [newKey(), newKey()];
      expect(await add('worker-1', one.text, false, TERMS)).toMatchObject(TERMS);
      expect(content('worker-1')).toBe(`${lines}${one.text}\n`);
      await add('worker-2', two.text, false, { role: 'any', expires: 'never', note: '' });
      expect(content('worker-2')).toBe(`${two.text}\n`);
    });

    test('keeps those of a file that is replaced, unless they are given anew', async () => {
      const [one, two] = [newKey(), newKey()];
      await add('worker-1', one.text, false, TERMS);
      await add('worker-1', two.text, true);
      expect(content('worker-1')).toBe(`${lines}${two.text}\n`);
      await add('worker-1', two.text, true, { expires: 'never', note: '' });
      expect(content('worker-1')).toBe(`# role: agent\n${two.text}\n`);
      await add('worker-1', two.text, true, { role: 'cli', expires: '2032-02-29' });
      expect(content('worker-1')).toBe(`# role: cli\n# expires: 2032-02-29\n${two.text}\n`);
    });

    test.each([
      ['a role that is none', { role: 'root' }, 'no such role'],
      ['a day that is none', { expires: '2031-02-30' }, 'no day of the calendar'],
      ['a day that is over', { expires: '2031-02-02' }, 'expired already, at the end of 2031-02-02'],
      ['a note of two lines', { note: `x\n${first.text}` }, 'not one line'],
      ['a note with an escape', { note: '\x1b[2Jx' }, 'not one line'],
      ['a note that goes on and on', { note: 'x'.repeat(121) }, 'not one line'],
    ])('refuses %s, and leaves the file as it is', async (_, terms, reason) => {
      await add('worker-1', first.text);
      await expect(add('worker-1', second.text, true, terms)).rejects.toMatchObject({
        kind: 'invalid',
        message: expect.stringContaining(reason) as string,
        remedy: expect.any(String) as string,
      });
      expect(content('worker-1')).toBe(`${first.text}\n`);
    });

    test('refuses to replace a key by one that an old line would let expire at once', async () => {
      writeFileSync(join(path, 'worker-1.pub'), `# expires: 2030-01-01\n${first.text}\n`);
      await expect(add('worker-1', second.text, true)).rejects.toMatchObject({
        message: expect.stringContaining('2030-01-01') as string,
        remedy: expect.stringContaining('--expires') as string,
      });
      await add('worker-1', second.text, true, { expires: '2031-12-31' });
      expect(await states()).toEqual(['worker-1 admitted']);
    });
  });

  test('counts clients that are in force although their files are away', async () => {
    const held: Client = {
      name: parseClientName('away'),
      publicKey: first,
      tunnelAddress: tunnelAddress(first),
      role: 'any',
    };
    const request = { name: 'worker-1', publicKey: first.text };
    await expect(addClientFile(path, [], request, NOON, [held])).rejects.toThrow('listed already, as away');
    const colliding = { name: 'worker-1', publicKey: second.text };
    await expect(addClientFile(path, [], colliding, NOON, [held])).rejects.toThrow('belongs to away');
  });

  test('of many at once loses none', async () => {
    const names = Array.from({ length: 12 }, (_, index) => `worker-${index}`);
    await Promise.all(names.map((name) => add(name, newKey().text)));
    expect(readdirSync(path)).toEqual(names.map((name) => `${name}.pub`).sort());
  });

  test('lets one of two win that race for a name, a key or an address', async () => {
    const key = newKey();
    for (const rivals of [
      [add('a', newKey().text), add('a', newKey().text)],
      [add('b', key.text), add('c', key.text)],
      [add('d', first.text), add('e', second.text)],
    ]) {
      const ends = await Promise.allSettled(rivals);
      expect(ends.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    }
    expect((await states()).every((line) => line.endsWith(' admitted'))).toBe(true);
  });

  test('does not create a directory that is missing', async () => {
    rmSync(path, { recursive: true });
    await expect(add('worker-1', newKey().text)).rejects.toThrow('does not exist');
    expect(() => statSync(path)).toThrow('ENOENT');
  });
});

describe('removing a client', () => {
  test('removes its file and returns the key', async () => {
    const key = newKey();
    await add('worker-1', key.text);
    expect((await remove('worker-1')).file?.publicKey.text).toBe(key.text);
    expect(readdirSync(path)).toEqual([]);
  });

  test('returns the key that was in it at its turn, not the one when it was asked for', async () => {
    const [before, after] = [newKey(), newKey()];
    await add('worker-1', before.text);
    let removing: ReturnType<typeof remove> | undefined;
    await withKeysLock(path, async () => {
      removing = remove('worker-1');
      await new Promise((resume) => setTimeout(resume, 50));
      writeFileSync(join(path, 'worker-1.pub'), after.text);
    });
    expect((await removing)?.file?.publicKey.text).toBe(after.text);
  });

  test('removes a file that holds no key', async () => {
    writeFileSync(join(path, 'worker-1.pub'), 'rubbish!');
    expect((await remove('worker-1')).file).toBeUndefined();
    expect(readdirSync(path)).toEqual([]);
  });

  test('does nothing while a copy would bring the key back, and says which', async () => {
    const key = newKey();
    await add('worker-1', key.text);
    writeFileSync(join(path, 'copy.pub'), key.text);
    await expect(remove('worker-1', { 'worker-1': key })).rejects.toMatchObject({
      kind: 'conflict',
      message: expect.stringContaining('is in copy.pub too') as string,
      remedy: expect.stringContaining('remove-client --name copy') as string,
    });
    expect(content('worker-1')).toBe(`${key.text}\n`);
    expect(await remove('copy', { 'worker-1': key })).toMatchObject({ copyOf: 'worker-1' });
    expect(await remove('worker-1', { 'worker-1': key })).toMatchObject({ copyOf: undefined });
    expect(readdirSync(path)).toEqual([]);
  });

  test('removes any but the last of several of which none was admitted first', async () => {
    const key = newKey();
    for (const name of ['a', 'b']) writeFileSync(join(path, `${name}.pub`), key.text);
    expect(await remove('a')).toMatchObject({ copyOf: 'b' });
    expect(await remove('b')).toMatchObject({ copyOf: undefined });
  });

  test('counts a file that is spoilt for a moment as what it held', async () => {
    const key = newKey();
    await add('worker-1', key.text);
    const { files } = await new KeysDirectory(path).read();
    writeFileSync(join(path, 'worker-1.pub'), '');
    writeFileSync(join(path, 'copy.pub'), key.text);
    const name = 'worker-1' as ClientName;
    const record = new Map([[tunnelAddress(key), { name, publicKey: key }]]);
    await expect(removeClientFile(path, [], name, record, files)).rejects.toMatchObject({ kind: 'conflict' });
  });

  test('of a name that is not there, or is no name, is an error', async () => {
    await expect(remove('worker-1')).rejects.toMatchObject({ kind: 'not-found' });
    await expect(remove('../worker-1')).rejects.toMatchObject({ kind: 'invalid' });
  });
});
