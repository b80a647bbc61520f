import { Lab, until, type Host, type Process } from '../lab/index.js';

const CONFIG = '/etc/banyan/banyan.yaml';

/** What the services tell of themselves while they run, on hosts of their own. */
describe('the logs of running services', () => {
  let lab: Lab;
  let engine: Host;
  let laptop: Host;
  let worker: Host;
  let service: Process;

  async function start(): Promise<Process> {
    const started = engine.spawn(['banyan-engine', 'start']);
    await started.says(/ready on TCP/);
    return started;
  }

  async function admit(host: Host, role: 'agent' | 'cli', name: string, engineKey: string): Promise<void> {
    const init = [
      `banyan-${role}`,
      'init',
      '--engine-host',
      engine.address,
      '--engine-wg-public-key',
      engineKey,
    ];
    const { public_key } = JSON.parse(await host.output([...init, '--json'])) as { public_key: string };
    await engine.output([
      ...['banyan-engine', 'add-client', '--name', name, '--pubkey', public_key, '--role', role],
    ]);
  }

  beforeAll(async () => {
    lab = await Lab.create('events');
    [engine, laptop, worker] = [await lab.host('engine'), await lab.host('laptop'), await lab.host('worker')];
    const made = JSON.parse(await engine.output(['banyan-engine', 'init', '--json'])) as {
      public_key: string;
    };
    await engine.output(['sed', '-i', 's/^engine:/engine:\\n  log_format: json/', CONFIG]);
    service = await start();
    await admit(laptop, 'cli', 'cli-1', made.public_key);
    await admit(worker, 'agent', 'worker-1', made.public_key);
  });
  afterAll(() => lab?.destroy());

  it('reach an operator who follows them from elsewhere, over a restart of the engine', async () => {
    const follower = laptop.spawn(['banyan-cli', 'events', '--follow']);
    await follower.says(/ INFO {2}client\.admitted worker-1: admitted \(SHA256:/);
    const agent = worker.spawn(['banyan-agent', 'start']);
    await follower.says(/ INFO {2}agent\.online worker-1: online by \w+/);
    await agent.stop();
    await follower.says(/ WARN {2}agent\.offline worker-1: its stream ended/);
    await service.stop();
    await follower.says(/^-- the connection is lost: .*; trying again$/m);
    service = await start();
    await follower.says(/^-- connected again; the engine has started anew/m);
    await follower.says(/engine\.started: ready on TCP port 50051/);
    const { exitCode } = await follower.stop();
    expect(exitCode).toBe(0);
  });

  it('go on when the engine has another key, which whoever follows learns at once', async () => {
    const follower = laptop.spawn(['banyan-cli', 'events', '--follow']);
    await follower.says('engine.started');
    const top = laptop.spawn(['banyan-cli', 'top', '--json']);
    await top.says('"at"');
    const rotated = JSON.parse(await engine.output(['banyan-engine', 'rotate', '--yes', '--json'])) as {
      public_key: string;
    };
    expect(rotated).toMatchObject({ learned: ['cli-1'], not_learned: ['worker-1'] });
    expect(await laptop.readFile(CONFIG)).toContain(rotated.public_key);
    await follower.says(/^-- connected again$/m);
    await engine.output(['banyan-engine', 'rotate', '--forget', '--yes']);
    await follower.says('engine.key_destroyed');
    const shown = top.stdout.length;
    await until(() => top.stdout.length > shown, { what: 'top goes on too' });
    for (const watching of [follower, top]) {
      expect(watching.stderr).not.toContain('Warning');
      await watching.signal('SIGINT');
      expect((await watching.ended).exitCode).toBe(0);
    }
    // The agent of this host had no part in it.
    await worker.output(['banyan-agent', 'init', '--keep', '--engine-wg-public-key', rotated.public_key]);
  });

  it('are JSON for who asks, each event with what its line has', async () => {
    const shown = await laptop.output(['banyan-cli', 'events', '--since', '10m', '--json']);
    const events = shown
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(events).toContainEqual(
      expect.objectContaining({
        level: 'info',
        event: 'engine.started',
        message: expect.stringContaining('ready') as string,
      }),
    );
    const logged = service.stderr
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(logged).toContainEqual(
      expect.objectContaining({ event: 'engine.started', version: expect.any(String) as string }),
    );
    for (const event of events) expect(logged).toContainEqual(expect.objectContaining(event));
  });

  it('tell more once their level is changed, without a restart, and the command says which it is', async () => {
    const said = service.stderr.length;
    const set = ['banyan-engine', 'log-level', '--set', 'debug', '--for', '10m', '--json'];
    expect(JSON.parse(await engine.output(set))).toMatchObject({ level: 'debug', configured: 'info' });
    await laptop.output(['banyan-cli', 'status']);
    const served = () =>
      /"event":"call\.served","name":"cli-1".*"method":"OperatorService\/Status"/.test(
        service.stderr.slice(said),
      );
    await until(served, { what: 'the call is told' });
    expect(await engine.output(['banyan-engine', 'log-level'])).toEqual(
      expect.stringMatching(/^The level of the log is debug, for \d+ min; info is configured\.\n$/),
    );
    await engine.output(['banyan-engine', 'log-level', '--set', 'info']);

    const agent = worker.spawn(['banyan-agent', 'start']);
    await agent.says(/agent\.connected: connected as worker-1/);
    expect(await worker.output(['banyan-agent', 'log-level'])).toBe('The level of the log is info.\n');
    await worker.output(['banyan-agent', 'log-level', '--set', 'debug']);
    await agent.says(/ DEBUG network\.planned: a look at this host took \d+ ms/);
    await agent.stop();
    expect((await worker.run(['banyan-agent', 'log-level'])).stderr).toBe(
      'Error: no agent is running here\nTry: sudo systemctl start banyan-agent\n',
    );
    const user = await engine.asUser(2000);
    expect((await user.run(['banyan-engine', 'log-level', '--set', 'debug'])).exitCode).toBe(1);
  });
});
