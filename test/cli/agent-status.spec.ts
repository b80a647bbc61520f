import { mkdir, writeFile } from 'node:fs/promises';
import { generateKey } from '#crypto/generate';
import { Sandbox } from './programs.js';

const NOBODY = 65534;

describe('banyan-agent status', () => {
  let box: Sandbox;
  beforeEach(async () => {
    box = await Sandbox.make();
    await mkdir(box.path('etc'));
    await mkdir(box.path('run'));
    await writeFile(box.config, `agent:\n  engine_host: "h"\n  run_dir: "${box.path('run')}"\n`, {
      mode: 0o600,
    });
  });
  afterEach(() => box.remove());

  const write = (pid: number, age = 0) =>
    writeFile(
      box.path('run/status.json'),
      JSON.stringify({
        name: 'worker-1\x1b[2J',
        state: 'connected',
        channel: 'tunnel',
        engine: {
          host: 'h',
          port: 50051,
          public_key: generateKey().publicKey.text,
          key_confirmed: false,
        },
        public_key: generateKey().publicKey.text,
        tunnel_address: '10.200.1.2',
        tunnel: { up: true, detail: '' },
        since_ms: Date.now() - 180_000 - age,
        last_error: null,
        remedy: null,
        pid,
        version: '0.1.0',
        written_at_ms: Date.now() - age,
      }),
    );
  const status = async () => JSON.parse((await box.run('agent', ['status', '--json'])).stdout) as object;

  it('says what the running agent wrote, with nothing that acts on the terminal', async () => {
    await write(process.pid);
    expect(await status()).toMatchObject({ running: true, state: 'connected', channel: 'tunnel' });
    const { stdout } = await box.run('agent', ['status']);
    expect(stdout).toContain('connected for 3 min');
    expect(stdout).toContain('unconfirmed (first use)');
    expect(stdout).toContain('worker-1\ufffd[2J');
  });

  it('says that an agent is gone, also when its process id was given to another', async () => {
    await write(4_194_305);
    expect(await status()).toMatchObject({ running: false, state: 'connected' });
    await write(process.pid, 365 * 86_400_000);
    expect(await status()).toMatchObject({ running: false });
    expect((await box.run('agent', ['status'])).stdout).toContain(
      'not running; this is how it was 365 d ago',
    );
  });

  it('says that there is no agent', async () => {
    expect(await status()).toEqual({ running: false, state: 'not running' });
  });

  it('needs no root: a config that may not be read is not needed', async () => {
    const { exitCode, stdout } = await box.run('agent', ['status', '--json'], { uid: NOBODY });
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toHaveProperty('running');
  });
});
