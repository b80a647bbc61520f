import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { KeysDirectory } from '#whitelist';
import { newKey } from '../../libs/whitelist/testing/keys.js';
import { Fixture, until } from './fixture.js';

const COUNT = 10_000;
/** For one change of all of them. */
const LIMIT_MS = 120_000;
const run = promisify(execFile);
let fixture: Fixture;

beforeEach(() => {
  fixture = new Fixture();
});

afterEach(() => fixture.remove());

function stage(directory: string, content: () => string): string {
  const path = join(fixture.root, directory);
  mkdirSync(path);
  for (let index = 0; index < COUNT; index += 1) writeFileSync(join(path, `client-${index}.pub`), content());
  return path;
}

test(
  'ten thousand files that appear, turn bad and go at once are followed',
  async () => {
    const good = stage('good', () => `${newKey().text}\n`);
    const bad = stage('bad', () => 'rubbish');
    const whitelist = await fixture.start({ quiet: 40, patience: 250 });

    await run('cp', ['-r', `${good}/.`, fixture.keys]);
    await until(whitelist, () => whitelist.snapshot.entries().length === COUNT, LIMIT_MS);
    // Random keys: about one in seven shares its tunnel address with another.
    expect(whitelist.snapshot.size).toBeGreaterThan(COUNT * 0.7);

    await run('cp', ['-r', `${bad}/.`, fixture.keys]);
    await until(whitelist, () => whitelist.snapshot.size === 0, LIMIT_MS);
    expect(whitelist.snapshot.entries()).toHaveLength(COUNT);

    await run('find', [fixture.keys, '-name', '*.pub', '-delete']);
    await until(whitelist, () => whitelist.snapshot.entries().length === 0, LIMIT_MS);

    // Three changes of ten thousand files are no thirty thousand lines.
    expect(fixture.logged.length).toBeLessThan(COUNT);
    expect(whitelist.directoryError).toBeUndefined();
  },
  5 * LIMIT_MS,
);

test('reading ten thousand files leaves the engine its turns in between', async () => {
  const keys = new KeysDirectory(stage('good', () => `${newKey().text}\n`));
  let turns = 0;
  let reading = true;
  const others = (async () => {
    for (; reading; turns += 1) await new Promise((resume) => setImmediate(resume));
  })();
  expect((await keys.read()).files).toHaveLength(COUNT);
  reading = false;
  await others;
  expect(turns).toBeGreaterThan(5);
});
