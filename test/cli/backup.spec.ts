import { Lab, until, type Host, type Process } from '../lab/index.js';

const FILE = '/run/banyan.backup';

describe('backup and restore on the engine', () => {
  let lab: Lab;
  let engine: Host;
  let running: Process;

  const start = async (): Promise<void> => {
    running = engine.spawn(['banyan-engine', 'start']);
    await running.says(/ready on TCP/);
  };
  const stop = async (): Promise<void> => {
    await running.signal('SIGTERM');
    await running.ended;
  };
  const storeId = async (): Promise<string> => {
    const status = await engine.output(['banyan-engine', 'status', '--json']);
    return (JSON.parse(status) as { network: { store_id: string } }).network.store_id;
  };
  const restore = (...flags: string[]) => engine.run(['banyan-engine', 'restore', '--file', FILE, ...flags]);

  beforeAll(async () => {
    lab = await Lab.create('backup');
    engine = await lab.host('engine');
    await engine.output(['banyan-engine', 'init', '--json']);
    await start();
  });
  afterAll(() => lab?.destroy());

  it('backs up a running engine into a file for root alone, and says what is not in it', async () => {
    const said = await engine.output(['banyan-engine', 'backup', '--file', FILE]);
    expect(said).toBe(
      `The store is in ${FILE}: 0 agents, 0 subnets.\n  not in it: the whitelist (/etc/banyan/whitelisted-keys) and /etc/banyan/banyan.yaml\n`,
    );
    expect(await engine.output(['stat', '-c', '%a', FILE])).toBe('600\n');
    const json = await engine.output(['banyan-engine', 'backup', '--file', FILE, '--json']);
    expect(JSON.parse(json)).toMatchObject({ file: FILE, agents: 0, subnets: 0 });
  });

  it('restores only when the engine is stopped, and over something only by force', async () => {
    expect(await restore('--force')).toMatchObject({
      exitCode: 1,
      stderr: 'Error: the engine is running here\nTry: sudo systemctl stop banyan-engine\n',
    });
    const before = await storeId();
    await stop();
    expect((await restore()).stderr).toContain('Try: Back it up first');
    const done = await restore('--force');
    expect([done.exitCode, done.stderr]).toEqual([0, '']);
    expect(done.stdout).toContain(`The store holds what ${FILE} held at `);
    await start();
    expect(await storeId()).not.toBe(before);
    const audit = async () => {
      const lines = await engine.output(['banyan-engine', 'audit', '--json', '--limit', '3']);
      return lines
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { event: string });
    };
    // It is ready before that is on the disk.
    await until(async () => (await audit()).at(-1)?.event === 'engine.started', {
      what: 'the start is put down',
    });
    expect(await audit()).toMatchObject([
      { event: 'engine.stopped' },
      { event: 'store.restored', fields: { file: FILE, by: 'command' } },
      { event: 'engine.started' },
    ]);
    await stop();
  });

  it('restores on a host where there has been no engine, which starts with that', async () => {
    await engine.output(['rm', '-r', '/var/lib/banyan/engine', '/run/banyan-engine']);
    const done = await restore();
    expect([done.exitCode, done.stderr]).toEqual([0, '']);
    expect(await engine.output(['stat', '-c', '%a', '/var/lib/banyan/engine'])).toBe('700\n');
    await start();
    await stop();
  });

  it('refuses a damaged, foreign or missing file before anything is changed', async () => {
    const store = '/var/lib/banyan/engine/store';
    const before = await engine.output(['sha256sum', store]);
    const whole = await engine.readFile(FILE);
    for (const [text, message] of [
      [whole.slice(0, -9), `the backup ${FILE} is damaged`],
      [whole.replace('"value": "', '"value": "x'), `the backup ${FILE} is damaged`],
      ['{}', `${FILE} is no backup of Banyan`],
    ] as const) {
      await engine.writeFile(FILE, text);
      const { exitCode, stderr } = await restore('--force');
      expect([exitCode, stderr]).toEqual([1, expect.stringContaining(message)]);
    }
    await engine.output(['rm', FILE]);
    expect((await restore('--force')).stderr).toContain(`${FILE} does not exist`);
    expect(await engine.output(['sha256sum', store])).toBe(before);
  });

  it('asks for the file, and says where there is no store to back up', async () => {
    const missing = await engine.run(['banyan-engine', 'backup']);
    expect([missing.exitCode, missing.stderr]).toEqual([2, expect.stringContaining('file')]);
    await engine.output(['rm', '/var/lib/banyan/engine/store']);
    expect((await engine.run(['banyan-engine', 'backup', '--file', FILE])).stderr).toContain(
      'there is no store at',
    );
  });
});
