import { agentIs } from '../e2e/private-network.js';
import { Lab, until, type Host } from '../lab/index.js';

const CONFIG = '/etc/banyan/banyan.yaml';

/** The commands against an engine that runs, with an operator and an agent on hosts of their own. */
describe('commands with a running engine', () => {
  let lab: Lab;
  let engine: Host;
  let laptop: Host;
  let engineKey: string;

  beforeAll(async () => {
    lab = await Lab.create('cli');
    engine = await lab.host('engine');
    laptop = await lab.host('laptop');
    const made = await json<{ public_key: string }>(engine, 'banyan-engine', 'init');
    engineKey = made.public_key;
    await engine.spawn(['banyan-engine', 'start']).says(/ready on TCP/);
  });
  afterAll(() => lab?.destroy());

  async function json<T>(host: Host, ...command: string[]): Promise<T> {
    return JSON.parse(await host.output([...command, '--json'])) as T;
  }

  const publicKey = async (host: Host, role: 'agent' | 'cli'): Promise<string> =>
    (await json<{ public_key: string }>(host, `banyan-${role}`, 'init', '--keep')).public_key;

  it('show the engine as it runs', async () => {
    const status = await json<Record<string, unknown>>(engine, 'banyan-engine', 'status');
    expect(status).toMatchObject({
      running: true,
      public_key: engineKey,
      grpc_port: 50051,
      whitelist: { directory: '/etc/banyan/whitelisted-keys', error: null },
    });
    expect(await engine.output(['banyan-engine', 'status'])).toMatch(
      /^engine: +running for \d+ (?:s|min), version /m,
    );
  });

  it('need root on the engine', async () => {
    const user = await engine.asUser(2000);
    const { exitCode, stderr } = await user.run(['banyan-engine', 'status']);
    expect(exitCode).toBe(1);
    expect(stderr).toBe(
      `Error: cannot read ${CONFIG}: permission denied\nTry: Run this as root, or use a path of your own.\n`,
    );
  });

  it('refuse a stranger with the exact line that admits it, which then works, and --wait sees it come', async () => {
    await laptop.output([
      'banyan-cli',
      'init',
      '--engine-host',
      engine.address,
      '--engine-wg-public-key',
      engineKey,
    ]);
    const refused = await laptop.run(['banyan-cli', 'status']);
    expect(refused.exitCode).toBe(1);
    const key = await publicKey(laptop, 'cli');
    expect(refused.stderr).toContain(`--pubkey '${key}' --role cli`);

    const waiting = engine.spawn([
      'banyan-engine',
      'add-client',
      '--name',
      'cli-1',
      '--pubkey',
      key,
      ...['--role', 'cli', '--note', 'the laptop'],
      '--wait=60s',
    ]);
    await waiting.says('Waiting for cli-1');
    const status = await json<Record<string, unknown>>(laptop, 'banyan-cli', 'status');
    expect(status).toMatchObject({
      identity: 'cli-1',
      engine: { public_key: engineKey, key_confirmed: true },
      agents: { online: 0, total: 0 },
    });
    expect(['tunnel', 'direct']).toContain(status['channel']);
    expect(typeof status['round_trip_ms']).toBe('number');
    const { exitCode, stdout } = await waiting.ended;
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^cli-1 connected (by tunnel|directly) after \d+ (?:s|min)$/m);
  });

  it('give up waiting for a client that does not come, which stays on the whitelist', async () => {
    const key = await json<{ public_key: string }>(
      laptop,
      'banyan-agent',
      'init',
      '--engine-host',
      engine.address,
    );
    const { exitCode, stderr } = await engine.run([
      ...['banyan-engine', 'add-client', '--name', 'late', '--pubkey', key.public_key, '--wait=1s'],
    ]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('late is on the whitelist but has not connected within 1 s');
    const removed = await json<Record<string, unknown>>(
      engine,
      'banyan-engine',
      'remove-client',
      '--name',
      'late',
    );
    expect(removed).toMatchObject({ public_key: key.public_key, connections_closed: 0 });
  });

  it('show the same whitelist on the engine and to the operator', async () => {
    const there = await json<object[]>(engine, 'banyan-engine', 'list-clients');
    expect(there).toMatchObject([
      { name: 'cli-1', state: 'admitted', role: 'cli', expires: null, note: 'the laptop', reason: null },
    ]);
    // Who asks is seen by asking.
    const now = there.map((client) => ({ ...client, last_seen: expect.any(String) as string }));
    expect(await json(laptop, 'banyan-cli', 'clients')).toEqual(now);
  });

  it('serve an ordinary user on the direct path, whose engine key is trusted on first use and shown so', async () => {
    const user = await laptop.asUser(2000);
    const made = JSON.parse(
      await user.output(['banyan-cli', 'init', '--engine-host', engine.address, '--json']),
    ) as { public_key: string; config: string };
    expect(made.config).toMatch(/\/\.config\/banyan\/banyan\.yaml$/);
    await engine.output(['banyan-engine', 'add-client', '--name', 'ada', '--pubkey', made.public_key]);
    const status = await user.output(['banyan-cli', 'status']);
    expect(status).toMatch(/^path: +direct/m);
    expect(status).toMatch(/^engine key: +unconfirmed \(first use\)$/m);
  });

  it('take the tunnel down as root, once, and leave nothing of it', async () => {
    await laptop.output(['banyan-cli', 'status']);
    expect(await laptop.output(['wg', 'show', 'interfaces'])).toBe('wg-control\n');
    const user = await laptop.asUser(2000);
    expect(await user.run(['banyan-cli', 'disconnect'])).toMatchObject({
      exitCode: 1,
      stderr: 'Error: only root can take this down\nTry: sudo banyan-cli disconnect\n',
    });
    expect(await json(laptop, 'banyan-cli', 'disconnect')).toEqual({ tunnel: 'removed' });
    expect((await laptop.output(['wg', 'show', 'interfaces'])).trim()).toBe('');
    expect(await laptop.output(['nft', 'list', 'ruleset'])).toBe('');
    expect(await laptop.output(['banyan-cli', 'disconnect'])).toBe('There was no control tunnel.\n');
  });

  it('warn of a tunnel that is taken down under a running engine, which makes it anew', async () => {
    const { stdout, stderr } = await engine.run(['banyan-engine', 'down']);
    expect(stdout).toBe('The control tunnel is down.\n');
    expect(stderr).toBe('Warning: the engine is running and brings the tunnel up again; stop it first\n');
    await until(async () => (await engine.output(['wg', 'show', 'interfaces'])) === 'wg-control\n');
  });

  it('list agents, online and offline', async () => {
    const key = await publicKey(laptop, 'agent');
    await engine.output(['banyan-engine', 'add-client', '--name', 'worker-1', '--pubkey', key]);
    const agent = laptop.spawn(['banyan-agent', 'start']);
    await agent.says(/connected as worker-1/);
    expect(await json(laptop, 'banyan-cli', 'agents')).toMatchObject([{ name: 'worker-1', state: 'online' }]);
    expect(await laptop.output(['banyan-cli', 'agents'])).toMatch(/^worker-1 +online /m);
    await agentIs(await laptop.asUser(2000), { running: true, name: 'worker-1', state: 'connected' });
    await agent.stop();
    const states = async () =>
      (await json<{ state: string }[]>(laptop, 'banyan-cli', 'agents')).map(({ state }) => state);
    await until(async () => (await states()).join() === 'offline', { what: 'worker-1 is offline' });
    expect(await json(laptop, 'banyan-agent', 'status')).toMatchObject({ running: false });
  });
});
