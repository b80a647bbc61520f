import { jest } from '@jest/globals';
import {
  mkdtempSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isSameDirectory } from './directory-identity.js';
import { KeysDirectory, type ClientFile } from './directory.js';
import { newKey } from '../testing/keys.js';

let root: string;
let path: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'banyan-keys-'));
  path = join(root, 'keys');
  mkdirSync(path);
});

afterEach(() => rmSync(root, { recursive: true }));

function put(name: string, text: string): void {
  writeFileSync(join(path, name), text);
}

function described(file: ClientFile): string {
  return `${file.name}: ${file.kind === 'key' ? file.publicKey.text : file.refusal.reason}`;
}

async function read(keys = new KeysDirectory(path)): Promise<string[]> {
  return (await keys.read()).files.map(described);
}

describe('the keys directory', () => {
  test('yields its .pub files by name, and nothing else', async () => {
    const [a, b] = [newKey(), newKey()];
    put('b.pub', b.text);
    put('a.pub', a.text);
    put('a.pub~', b.text);
    put('.a.pub.0123.tmp', b.text);
    put('README', 'keys live here');
    expect(await read()).toEqual([`a: ${a.text}`, `b: ${b.text}`]);
  });

  test('shows a name that is none, made printable, without looking into the file', async () => {
    put('two words.pub', newKey().text);
    put('.hidden.pub', newKey().text);
    writeFileSync(
      Buffer.concat([Buffer.from(`${path}/`), Buffer.from([0x1b, 0xff]), Buffer.from('.pub')]),
      '',
    );
    expect(await read()).toEqual([
      '\\x1b\\xff: Its name is not a client name',
      '.hidden: Its name is not a client name',
      'two words: Its name is not a client name',
    ]);
  });

  test('keeps what did not change as the same object and reads what did', async () => {
    put('a.pub', newKey().text);
    put('b.pub', newKey().text);
    const keys = new KeysDirectory(path);
    const before = (await keys.read()).files;
    const next = newKey();
    put('b.pub', next.text);
    const after = (await keys.read()).files;
    expect(after[0]).toBe(before[0]);
    expect(described(after[1]!)).toBe(`b: ${next.text}`);
  });

  test('sees a second change within one tick of the clock that stamps files', async () => {
    const keys = new KeysDirectory(path);
    for (let round = 0; round < 20; round += 1) {
      const key = newKey();
      put('a.pub', key.text);
      expect(await read(keys)).toEqual([`a: ${key.text}`]);
    }
  });

  test('reads nothing again that did not change, though the clock was set back since it did', async () => {
    put('a.pub', newKey().text);
    const clock = jest.spyOn(Date, 'now').mockReturnValue(Date.now() - 3_600_000);
    const keys = new KeysDirectory(path);
    await keys.read();
    clock.mockClear();
    await keys.read();
    // Every reading of a file is stamped.
    expect(clock).not.toHaveBeenCalled();
    clock.mockRestore();
    const next = newKey();
    put('a.pub', next.text);
    expect(await read(keys)).toEqual([`a: ${next.text}`]);
  });

  test('follows links to files and notices when their target changes', async () => {
    const target = join(root, 'target');
    const [first, second] = [newKey(), newKey()];
    writeFileSync(target, first.text);
    symlinkSync(target, join(path, 'a.pub'));
    const keys = new KeysDirectory(path);
    expect(await read(keys)).toEqual([`a: ${first.text}`]);
    writeFileSync(`${target}.new`, second.text);
    renameSync(`${target}.new`, target);
    expect(await read(keys)).toEqual([`a: ${second.text}`]);
    unlinkSync(target);
    expect(await read(keys)).toEqual(['a: It is a link to a file that does not exist']);
  });

  test('takes a file of 4096 bytes and refuses one of 4097', async () => {
    const { text } = newKey();
    const padded = (size: number): string => `${'#'.repeat(size - text.length - 1)}\n${text}`;
    put('a.pub', padded(4096));
    put('b.pub', padded(4097));
    expect(await read()).toEqual([`a: ${text}`, 'b: It is larger than 4096 bytes, which no client file is']);
  });

  test('never takes a rename for a removal, however the two fall together', async () => {
    const { text } = newKey();
    for (let other = 0; other < 2000; other += 1) put(`x${other}.pub`, newKey().text);
    put('a.pub', text);
    const keys = new KeysDirectory(path);
    let name = 'a.pub';
    let reading = true;
    const renames = (async () => {
      while (reading) {
        const next = name === 'a.pub' ? 'z.pub' : 'a.pub';
        renameSync(join(path, name), join(path, next));
        name = next;
        await new Promise((resume) => setImmediate(resume));
      }
    })();
    const found: number[] = [];
    for (let round = 0; round < 20; round += 1) {
      found.push((await read(keys)).filter((line) => line.endsWith(text)).length);
    }
    reading = false;
    await renames;
    expect(found).toEqual(Array(20).fill(1));
  });

  test('is the same directory after files come and go, and another after it is made anew', () => {
    const identity = () => statSync(path, { bigint: true });
    const empty = identity();
    put('a.pub', '');
    const used = identity();
    unlinkSync(join(path, 'a.pub'));
    expect(isSameDirectory(empty, used)).toBe(true);
    expect(isSameDirectory(used, identity())).toBe(true);
    rmSync(path, { recursive: true });
    mkdirSync(path);
    expect(isSameDirectory(used, identity())).toBe(false);
  });

  test('that is missing, a file or unreadable is an error with a remedy', async () => {
    await expect(read(new KeysDirectory(join(root, 'none')))).rejects.toMatchObject({
      kind: 'host',
      message: expect.stringContaining('does not exist') as string,
      remedy: expect.any(String) as string,
    });
    put('file', '');
    await expect(read(new KeysDirectory(join(path, 'file')))).rejects.toThrow('is not a directory');
  });

  test('a file that grows without end costs no more than its first look', async () => {
    put('a.pub', newKey().text);
    truncateSync(join(path, 'a.pub'), 2 ** 40);
    expect(await read()).toEqual(['a: It is larger than 4096 bytes, which no client file is']);
  });
});
