import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateKey } from '#crypto/generate';
import { lastSeenPath, parseLastSeen, readLastSeen, writeLastSeen } from './last-seen-file.js';

describe('the file of when keys were last seen', () => {
  const key = generateKey().publicKey.text;
  let directory: string;
  beforeEach(async () => (directory = await mkdtemp(join(tmpdir(), 'banyan-seen-'))));
  afterEach(() => rm(directory, { recursive: true }));

  it('is read as it was written, and is nothing where there is none', async () => {
    const path = lastSeenPath(directory);
    expect(await readLastSeen(path)).toBeUndefined();
    const seen = { sinceMs: 5, seen: new Map([[key, 7]]) };
    await writeLastSeen(path, seen);
    expect(await readLastSeen(path)).toEqual(seen);
    expect(JSON.parse(await readFile(path, 'utf8'))).toEqual({
      version: 1,
      since_ms: 5,
      seen_ms: { [key]: 7 },
    });
  });

  it('that is damaged is an error that names it, and quotes nothing of it', async () => {
    const path = lastSeenPath(directory);
    await writeFile(path, `{"${key}`);
    await expect(readLastSeen(path)).rejects.toMatchObject({
      message: `cannot read ${path}: it is not JSON`,
    });
  });

  it.each(['', 'null', '[]', '{}', '{"version":2,"since_ms":1,"seen_ms":{}}', '{"version":1,"seen_ms":{}}'])(
    'is none when it holds %j',
    (text) => {
      expect(() => parseLastSeen(text)).toThrow(/it is/);
    },
  );

  it('lacks what is no key and no time', () => {
    const times = { [key]: 1, x: 1, [`${key} `]: 1, [generateKey().publicKey.text]: -1 };
    const text = JSON.stringify({ version: 1, since_ms: 1, seen_ms: times });
    expect([...parseLastSeen(text).seen]).toEqual([[key, 1]]);
  });
});
