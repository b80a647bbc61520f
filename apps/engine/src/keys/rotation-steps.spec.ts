import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig, type EngineSettings } from '#config';
import { generateKey } from '#crypto/generate';
import { EngineKeys } from './engine-keys.js';
import { rotationSteps, takeSteps } from './rotation-steps.js';

const [old, next] = [generateKey(), generateKey()];

describe.each(['in banyan.yaml', 'in a file of its own'])('a rotation of a key %s', (where) => {
  let directory: string;
  let config: string;
  let settings: EngineSettings;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'banyan-rotation-'));
    config = join(directory, 'banyan.yaml');
    await setUp();
  });

  async function setUp(): Promise<void> {
    const keyFile = join(directory, 'engine.key');
    await writeFile(keyFile, `${old.reveal()}\n`, { mode: 0o600 });
    const key =
      where === 'in banyan.yaml'
        ? `wg_private_key: "${old.reveal()}" # mine`
        : `wg_private_key_file: "${keyFile}" # mine`;
    const lines = [
      "# Ada's engine",
      'engine:',
      `  ${key}`,
      `  wg_public_key: "${old.publicKey.text}" # also mine`,
      `  state_dir: "${directory}/state"`,
    ];
    await writeFile(config, `${lines.join('\n')}\n`, { mode: 0o600 });
    ({ settings } = await loadConfig('engine', config));
  }
  afterEach(() => rm(directory, { recursive: true }));

  /** Fingerprints of what an engine that starts now has, and answers by besides. */
  async function start(): Promise<{ current: string; previous: string | undefined; own: string[] }> {
    const { settings: now } = await loadConfig('engine', config);
    const keys = await EngineKeys.open(now);
    return {
      current: keys.current.publicKey.text,
      previous: keys.previous?.privateKey.publicKey.text,
      own: keys.own.map(({ text }) => text),
    };
  }

  it('leaves an engine that starts, and answers by the key that clients know, wherever it is cut off', async () => {
    const ends: string[] = [];
    for (let done = 0; done <= (where === 'in banyan.yaml' ? 2 : 4); done++) {
      await setUp();
      await takeSteps((await rotationSteps(settings, next, true)).slice(0, done));
      const { current, previous } = await start();
      expect(previous).toBe(current === old.publicKey.text ? undefined : old.publicKey.text);
      ends.push(current === old.publicKey.text ? 'old' : 'new');
    }
    expect(ends).toEqual(
      where === 'in banyan.yaml' ? ['old', 'old', 'new'] : ['old', 'old', 'old', 'new', 'new'],
    );
  });

  it('can be done again after it was cut off', async () => {
    const [first, second] = await rotationSteps(settings, generateKey(), true);
    await takeSteps(where === 'in banyan.yaml' ? [first!] : [first!, second!]);
    const { settings: now } = await loadConfig('engine', config);
    await takeSteps(await rotationSteps(now, next, true));
    expect(await start()).toMatchObject({ current: next.publicKey.text, previous: old.publicKey.text });
  });

  it('says what is done and what to do when a step fails, and names no key', async () => {
    const [first, ...rest] = await rotationSteps(settings, next, true);
    await writeFile(config, 'engine: [', { mode: 0o600 });
    const failure = await takeSteps([first!, ...rest]).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      message: expect.stringContaining('stopped half-way') as string,
      remedy: expect.stringContaining('banyan-engine rotate') as string,
    });
    expect(JSON.stringify(failure)).not.toContain(next.reveal().slice(0, 8));
  });

  it('ends with the new key, the old one listed as former, and comments kept', async () => {
    await takeSteps(await rotationSteps(settings, next, true));
    expect(await start()).toMatchObject({ current: next.publicKey.text, previous: old.publicKey.text });
    expect((await start()).own).toContain(old.publicKey.text);
    const text = await readFile(config, 'utf8');
    expect(text).toContain("# Ada's engine\n");
    expect(text).toContain('# mine\n');
    expect(await readFile(`${config}.previous`, 'utf8')).toContain(old.publicKey.text);
  });

  it('leaves no file with a key open to others', async () => {
    await takeSteps(await rotationSteps(settings, next, true));
    for (const each of await readdir(directory, { recursive: true, withFileTypes: true })) {
      if (!each.isFile()) continue;
      const { mode } = await stat(join(each.parentPath, each.name));
      expect([each.name, mode & 0o777]).toEqual([each.name, 0o600]);
    }
  });

  it('keeps the old key from teaching when it is compromised, also that of an earlier rotation', async () => {
    await takeSteps(await rotationSteps(settings, next, true));
    const { settings: now } = await loadConfig('engine', config);
    const third = generateKey();
    const steps = await rotationSteps(now, third, false);
    for (let done = 1; done <= steps.length; done++) {
      await takeSteps([steps[done - 1]!]);
      expect((await start()).previous).toBeUndefined();
    }
    expect(await start()).toMatchObject({ current: third.publicKey.text, previous: undefined });
    expect((await start()).own).toEqual(
      expect.arrayContaining([old.publicKey.text, next.publicKey.text, third.publicKey.text]),
    );
  });
});
