import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { tunnelAddress } from '#crypto';
import { generateKey } from '#crypto/generate';
import { Sandbox } from './programs.js';

describe('the whitelist without a running engine', () => {
  let box: Sandbox;
  let engineKey: { public_key: string; fingerprint: string };
  beforeEach(async () => {
    box = await Sandbox.make();
    const { stdout } = await box.run('engine', [
      'init',
      '--json',
      '--whitelisted-keys-dir',
      box.path('keys'),
    ]);
    engineKey = JSON.parse(stdout) as typeof engineKey;
  });
  afterEach(() => box.remove());

  const { publicKey } = generateKey();
  const add = (name: string, key = publicKey.text, ...more: string[]) =>
    box.run('engine', ['add-client', '--name', name, '--pubkey', key, ...more]);
  const list = async () =>
    JSON.parse((await box.run('engine', ['list-clients', '--json'])).stdout) as unknown;

  it('is worked on in its files, and this is said', async () => {
    const added = await add('worker-1');
    expect(added).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining('no engine is running here') as string,
    });
    expect((await readFile(box.path('keys/worker-1.pub'), 'utf8')).trim()).toBe(publicKey.text);
    expect(((await stat(box.path('keys/worker-1.pub'))).mode & 0o777).toString(8)).toBe('600');
    const entry = { name: 'worker-1', public_key: publicKey.text, tunnel_address: tunnelAddress(publicKey) };
    const terms = { role: 'any', expires: null, note: null };
    expect(await list()).toEqual([{ ...entry, state: 'admitted', ...terms, reason: null, last_seen: null }]);
    const table = await box.run('engine', ['list-clients']);
    for (const fact of [...Object.values(entry), 'admitted']) expect(table.stdout).toContain(fact);
    const removed = await box.run('engine', ['remove-client', '--name', 'worker-1', '--json']);
    expect(JSON.parse(removed.stdout)).toMatchObject({
      public_key: publicKey.text,
      connections_closed: null,
    });
    expect(await list()).toEqual([]);
  });

  it('that others can write to is listed and reported with a warning, and without one when it is not', async () => {
    for (const command of ['list-clients', 'status']) {
      await chmod(box.path('keys'), 0o777);
      const ended = await box.run('engine', [command]);
      expect(ended).toMatchObject({ exitCode: 0 });
      expect(ended.stderr).toMatch(
        /^Warning: every user can write to the keys directory .*\. Try: chown root /m,
      );
      await chmod(box.path('keys'), 0o700);
      expect((await box.run('engine', [command])).stderr).not.toContain('Warning');
    }
  });

  it.each([
    ['a name with a path in it', () => add('../worker'), 2],
    ['a name with a leading dash', () => add('-w'), 2],
    ['a key that is none', () => add('a', 'x'), 2],
    ["the engine's own key", () => add('a', engineKey.public_key), 1],
    ["another engine's fingerprint", () => add('a', publicKey.text, '--engine', publicKey.fingerprint), 1],
    ['a role that is none', () => add('a', publicKey.text, '--role', 'root'), 2],
    ['a day that does not exist', () => add('a', publicKey.text, '--expires', '2026-02-30'), 2],
    ['a day that is over', () => add('a', publicKey.text, '--expires', '2020-01-01'), 2],
    ['a note of two lines', () => add('a', publicKey.text, '--note', `x\n${publicKey.text}`), 2],
    ['--wait, since nobody can connect', () => add('a', publicKey.text, '--wait'), 1],
    ['--wait for a nonsense time', () => add('a', publicKey.text, '--wait=soon'), 2],
  ])('refuses %s with a remedy, and writes nothing', async (_, attempt, exitCode) => {
    const ended = await attempt();
    expect(ended.exitCode).toBe(exitCode);
    expect(ended.stderr).toMatch(/Error: .+\nTry: /);
    expect(await list()).toEqual([]);
  });

  it('takes the fingerprint of this engine', async () => {
    expect((await add('a', publicKey.text, '--engine', engineKey.fingerprint)).exitCode).toBe(0);
  });

  it('refuses a name and a key that are taken, unless the name is to be replaced', async () => {
    await add('a');
    const other = generateKey().publicKey.text;
    expect(await add('b')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('listed already') as string,
    });
    expect(await add('a', other)).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('--replace') as string,
    });
    expect((await add('a', other, '--replace')).exitCode).toBe(0);
    expect(await list()).toMatchObject([{ name: 'a', public_key: other }]);
  });

  it('says what a key is for, until when, and a note, and keeps them for a key that replaces it', async () => {
    const terms = { role: 'cli', expires: '2199-12-31', note: 'contract 12, Ærø' };
    const flags = Object.entries(terms).map(([flag, value]) => `--${flag}=${value}`);
    expect((await add('ada', publicKey.text, ...flags)).exitCode).toBe(0);
    const table = (await box.run('engine', ['list-clients'])).stdout;
    for (const fact of Object.values(terms)) expect(table).toContain(fact);
    const other = generateKey().publicKey.text;
    expect((await add('ada', other, '--replace')).exitCode).toBe(0);
    expect(await list()).toMatchObject([{ name: 'ada', public_key: other, ...terms }]);
    expect((await add('ada', other, '--replace', '--expires', 'never', '--role', 'any')).exitCode).toBe(0);
    expect(await list()).toMatchObject([{ role: 'any', expires: null, note: terms.note }]);
  });

  it('lists a key whose last day is over with the reason, and warns of one whose is near', async () => {
    await writeFile(box.path('keys/old.pub'), `# expires: 2020-02-29\n${publicKey.text}\n`);
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
    await add('new', generateKey().publicKey.text, '--expires', tomorrow);
    expect(await list()).toMatchObject([
      { name: 'new', expires: tomorrow },
      {
        name: 'old',
        state: 'expired',
        reason: expect.stringContaining('It expired at the end of 2020-02-29 (UTC)') as string,
      },
    ]);
    for (const command of ['list-clients', 'status']) {
      expect((await box.run('engine', [command])).stderr).toMatch(
        /^Warning: new expires (today|tomorrow), at/m,
      );
    }
  });

  it('lists those that nobody was seen as, by what the engine wrote when it stopped', async () => {
    const other = generateKey().publicKey.text;
    await add('now');
    await add('idle', other);
    const state = { version: 1, since_ms: 1, seen_ms: { [publicKey.text]: Date.now() } };
    await mkdir(box.path('state'));
    await writeFile(box.path('state/last-seen.json'), JSON.stringify(state));
    const config = await readFile(box.config, 'utf8');
    await writeFile(
      box.config,
      config.replace(/^engine:\n/m, `engine:\n  state_dir: ${box.path('state')}\n`),
    );
    const { exitCode, stdout, stderr } = await box.run('engine', [
      'list-clients',
      '--unseen',
      '30d',
      '--json',
    ]);
    expect([exitCode, stderr]).toEqual([0, expect.not.stringContaining('Warning')]);
    expect(JSON.parse(stdout)).toMatchObject([{ name: 'idle', last_seen: null }]);
    expect((await box.run('engine', ['list-clients', '--unseen', 'soon'])).exitCode).toBe(2);
  });

  it('says of a key that is removed when it had expired', async () => {
    const file = `# expires: 2020-02-29\n${publicKey.text}\n`;
    const remove = (...more: string[]) => box.run('engine', ['remove-client', '--name', 'old', ...more]);
    await writeFile(box.path('keys/old.pub'), file);
    expect((await remove()).stdout).toBe(
      `old is removed: ${publicKey.fingerprint}, which had expired at the end of 2020-02-29 (UTC)\n`,
    );
    await writeFile(box.path('keys/old.pub'), file);
    expect(JSON.parse((await remove('--json')).stdout)).toMatchObject({
      public_key: publicKey.text,
      expired: '2020-02-29',
    });
    await add('new');
    const removed = await box.run('engine', ['remove-client', '--name', 'new', '--json']);
    expect(JSON.parse(removed.stdout)).toMatchObject({ expired: null });
  });

  it('says of a key that is removed when its file was only a copy, and revokes nobody of whom there is one', async () => {
    const remove = (name: string) => box.run('engine', ['remove-client', '--name', name]);
    await add('worker-1');
    await writeFile(box.path('keys/copy.pub'), publicKey.text);
    const holders = { [tunnelAddress(publicKey)]: { name: 'worker-1', public_key: publicKey.text } };
    await mkdir(box.path('state'));
    await writeFile(box.path('state/first-admissions.json'), JSON.stringify({ version: 1, holders }));
    const config = await readFile(box.config, 'utf8');
    await writeFile(
      box.config,
      config.replace(/^engine:\n/m, `engine:\n  state_dir: ${box.path('state')}\n`),
    );
    expect(await remove('worker-1')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('is in copy.pub too') as string,
    });
    expect((await remove('copy')).stdout).toBe(
      `copy is removed, which was a copy: ${publicKey.fingerprint} is not revoked and stays the key of worker-1\n`,
    );
    expect((await remove('worker-1')).stdout).toBe(`worker-1 is revoked: ${publicKey.fingerprint}\n`);
  });

  it('shows in status, with the engine not running', async () => {
    await add('a');
    const { exitCode, stdout } = await box.run('engine', ['status', '--json']);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      running: false,
      fingerprint: engineKey.fingerprint,
      grpc_port: 50051,
      store_backend: 'embedded',
      whitelist: { directory: box.path('keys'), error: null, admitted: 1, refused: 0 },
    });
  });
});
