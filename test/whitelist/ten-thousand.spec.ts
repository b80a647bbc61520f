import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { promisify } from 'node:util';
import { newKey } from '../../libs/whitelist/testing/keys.js';
import { Fixture, until } from './fixture.js';

const COUNT = 10_000;
/** Far above what a reading takes in one piece, far below what a client's time-outs would notice. */
const STALL_MS = 500;
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

test('ten thousand files that appear, turn bad and go at once are followed without stalling the engine', async () => {
  const good = stage('good', () => `${newKey().text}\n`);
  const bad = stage('bad', () => 'rubbish');
  const whitelist = await fixture.start({ quiet: 40, patience: 250 });
  const stalls = monitorEventLoopDelay({ resolution: 5 });
  stalls.enable();

  await run('cp', ['-r', `${good}/.`, fixture.keys]);
  await until(whitelist, () => whitelist.snapshot.entries().length === COUNT);
  // Random keys: about one in seven shares its tunnel address with another.
  expect(whitelist.snapshot.size).toBeGreaterThan(COUNT * 0.7);

  await run('cp', ['-r', `${bad}/.`, fixture.keys]);
  await until(whitelist, () => whitelist.snapshot.size === 0);
  expect(whitelist.snapshot.entries()).toHaveLength(COUNT);

  await run('find', [fixture.keys, '-name', '*.pub', '-delete']);
  await until(whitelist, () => whitelist.snapshot.entries().length === 0);

  stalls.disable();
  expect(stalls.max / 1e6).toBeLessThan(STALL_MS);
  expect(fixture.logged.length).toBeLessThan(500);
  expect(whitelist.directoryError).toBeUndefined();
}, 60_000);
