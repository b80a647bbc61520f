import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, fstatSync, mkdirSync, openSync, statSync, writeFileSync } from 'node:fs';
import { readSmallFile } from '../../libs/whitelist/src/read-file.js';
import { newKey } from '../../libs/whitelist/testing/keys.js';
import { Fixture } from '../whitelist/fixture.js';

/** How long the race goes on at least, ms, and at most where the machine has little time for whoever swaps. */
const RACE_MS = 2_500;
const LONGEST_RACE_MS = 60_000;
/** Content of a file that the engine may read and the attacker may not. */
const SECRET = 'hunter2-hunter2-hunter2';

/** Puts one thing after another in the place of a file, each at once, as fast as it can. */
const SWAP = `
  const { linkSync, renameSync, rmSync, symlinkSync } = require('node:fs');
  const [place, ...targets] = process.argv.slice(1);
  console.log('swapping');
  for (let n = 0; ; n += 1) {
    const target = targets[n % targets.length];
    rmSync(place + '.new', { force: true });
    if (n % 3 === 0 && target.endsWith('good')) linkSync(target, place + '.new');
    else symlinkSync(target, place + '.new');
    renameSync(place + '.new', place);
  }`;

/** Whether a race that began then goes on: for its time, and until everything has been seen that is to be. */
function goesOn(begun: number, isOver: () => boolean): boolean {
  const passed = performance.now() - begun;
  return passed < RACE_MS || (!isOver() && passed < LONGEST_RACE_MS);
}

describe('a link in the keys directory that is swapped all the time', () => {
  const key = newKey();
  let fixture: Fixture;
  let swapper: ChildProcess;
  let place: string;

  beforeAll(async () => {
    fixture = new Fixture();
    place = fixture.path('racer');
    const at = (name: string): string => `${fixture.root}/${name}`;
    writeFileSync(at('good'), key.text);
    writeFileSync(at('secret'), SECRET, { mode: 0o600 });
    writeFileSync(at('large'), SECRET.repeat(1_000));
    mkdirSync(at('directory'));
    execFileSync('mkfifo', [at('fifo')]);
    const targets = ['good', 'fifo', 'secret', 'directory', 'large', 'nothing'].map(at);
    swapper = spawn(process.execPath, ['-e', SWAP, place, ...targets, '/dev/zero', place], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(swapper.stdout!, 'data');
  });
  afterAll(async () => {
    const ended = once(swapper, 'exit');
    swapper.kill('SIGKILL');
    await ended;
    await fixture.remove();
  });

  it('is read to its end or not at all, whatever is there between the check and the use', () => {
    const whole = new Set([key.text, SECRET]);
    const expected = [
      'text',
      'It is a directory',
      'It is a FIFO',
      'It is not a regular file',
      'It is larger than 4096 bytes, which no client file is',
    ];
    const seen = new Set<string>();
    let slowest = 0;
    const begun = performance.now();
    while (goesOn(begun, () => expected.every((what) => seen.has(what)))) {
      const since = performance.now();
      const reading = readSmallFile(place);
      slowest = Math.max(slowest, performance.now() - since);
      seen.add(reading.kind === 'bad' ? reading.refusal.reason : reading.kind);
      if (reading.kind === 'text') expect(whole).toContain(reading.text);
    }
    // It neither waits for a writer nor reads a device to an end that it does not have, which would take for ever.
    expect(slowest).toBeLessThan(10_000);
    expect([...seen]).toEqual(expect.arrayContaining(expected));
  });

  it('is a race: what was checked is often another thing than what is opened', () => {
    let swapped = 0;
    const begun = performance.now();
    while (swapped < 10 && goesOn(begun, () => false)) {
      try {
        const checked = statSync(place);
        const file = openSync(place, constants.O_RDONLY | constants.O_NONBLOCK);
        if (fstatSync(file).ino !== checked.ino) swapped += 1;
        closeSync(file);
      } catch {
        // It led nowhere.
      }
    }
    expect(swapped).toBe(10);
  });

  it('admits the key that it leads to or nobody, and nothing that it leads to is ever said', async () => {
    fixture.put('bystander', newKey());
    const whitelist = await fixture.start({ rescan: 5, quiet: 0, patience: 5, grace: 20 });
    const listed = new Set<string>();
    whitelist.changes.subscribe(() => {
      for (const { publicKey, name } of whitelist.snapshot.entries())
        if (name === 'racer' && publicKey) listed.add(publicKey.text);
    });
    let looks = 0;
    const isOver = () => looks > 50 && listed.size > 0 && fixture.logged.length > 1;
    for (const begun = performance.now(); goesOn(begun, isOver); looks += 1) await whitelist.rescan();
    expect(looks).toBeGreaterThan(50);
    expect([...listed]).toEqual([key.text]);
    expect(whitelist.snapshot.named('bystander')).toBeDefined();
    expect(fixture.logged.length).toBeGreaterThan(1);
    expect(fixture.linesWith(SECRET.slice(0, 7))).toEqual([]);
  });
});
