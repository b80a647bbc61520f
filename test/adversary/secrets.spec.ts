import { Lab, until, type Account, type Ended, type Host, type Process } from '../lab/index.js';
import { printedCommand } from '../demo/printed-command.js';
import { readySubnet } from '../e2e/mesh-network.js';
import { agentIs, CONFIG } from '../e2e/private-network.js';
import { ProcessWatch } from '../e2e/process-watch.js';
import { toolbox } from '../e2e/toolbox.js';

const AGENTS_NEXT = '/var/lib/banyan/agent/agent-next-key.json';
const CLIS_NEXT = '/var/lib/banyan/cli/cli-next-key.json';
const PREVIOUS_KEY = '/var/lib/banyan/engine/previous-key.json';
const USERS_CONFIG = '/run/home/2000/.config/banyan/banyan.yaml';
/** Where programs of ours write, or might by mistake. The first three are the host's own. */
const PLACES = ['/etc', '/run', '/var/lib', '/var/cache/banyan', '/dev/shm', '/tmp'];
/** A `wg` that sets a key for long enough that nobody who looks can miss it. */
const SLOWLY = 'case "$*" in *private-key*) /usr/bin/sleep 0.1 ;; esac\nexec $REAL "$@"';

/** All that our programs say and show from `init` to `down`, with keys that change in between. */
describe('a private key', () => {
  let lab: Lab;
  let engine: Host;
  let worker: Host;
  let laptop: Host;
  let user: Account;
  let watch: ProcessWatch;
  const since = new Date().toISOString();
  const tools = new Map<Account, { PATH: string }>();
  const outputs: string[] = [];
  const secrets = new Set<string>();
  /** Modes of files with keys that come and go, while they were there. */
  const passing = new Map<string, string>();

  beforeAll(async () => {
    lab = await Lab.create('secrets');
    [engine, worker, laptop] = [
      await lab.host('engine'),
      await lab.host('worker-1'),
      await lab.host('laptop'),
    ];
    user = await laptop.asUser(2000);
    for (const host of [engine, worker, laptop]) {
      tools.set(host, await toolbox(host, 'slow-tools', { wg: SLOWLY }));
    }
    watch = await ProcessWatch.start([engine, worker, laptop]);
    await story();
  }, 600_000);
  afterAll(async () => {
    watch?.end();
    await lab?.destroy();
  });

  async function says(on: Account, ...command: string[]): Promise<Ended> {
    const ended = await on.run(command, { env: tools.get(on) ?? {} });
    outputs.push(ended.stdout, ended.stderr);
    return ended;
  }

  /** Both forms of everything that reports. */
  async function reports(on: Account, ...command: string[]): Promise<void> {
    for (const form of [[], ['--json']]) {
      const { exitCode, stderr } = await says(on, ...command, ...form);
      if (exitCode !== 0) throw new Error(`${command.join(' ')} failed: ${stderr}`);
    }
  }

  /** @returns the public key. Notes the private one, which stands in the config. */
  async function init(on: Account, role: string, ...flags: string[]): Promise<string> {
    const { stdout, stderr } = await says(on, `banyan-${role}`, 'init', ...flags, '--json');
    const { public_key, config } = JSON.parse(stdout || stderr) as { public_key: string; config: string };
    await note(on, config);
    return public_key;
  }

  /** The private key in this file is one to look for. */
  async function note(on: Account, file: string): Promise<void> {
    const text = await on.output(['cat', file]);
    const key = Buffer.from(
      /private_key": ?"([^"]+)"|wg_private_key: "([^"]+)"/.exec(text)!.slice(1).join(''),
      'base64',
    );
    if (key.length !== 32) throw new Error('the test knows no private key');
    for (const encoding of ['base64', 'base64url', 'hex'] as const) {
      secrets.add(key.toString(encoding).replace(/=+$/, ''));
    }
  }

  /** As {@link note}, of a file that is there for a while. */
  async function noteWhileThere(on: Account, file: string): Promise<void> {
    await note(on, file);
    passing.set(file, await on.output(['stat', '-c', '%a', file]));
  }

  const has = async (on: Account, file: string) => (await on.run(['test', '-e', file])).exitCode === 0;

  async function start(on: Host, role: string, ready: RegExp): Promise<Process> {
    const service = on.spawn([`banyan-${role}`, 'start'], { env: tools.get(on)! });
    await service.says(ready);
    return service;
  }

  /** The agent stays where it is: one that came by the direct path leaves it for the tunnel in a while. */
  async function settled(): Promise<void> {
    await agentIs(worker, { state: 'connected', channel: 'tunnel' });
    await readySubnet(worker);
  }

  async function stop(...services: Process[]): Promise<void> {
    for (const service of services) {
      const { stdout, stderr } = await service.stop();
      outputs.push(stdout, stderr);
    }
  }

  async function story(): Promise<void> {
    const at = ['--engine-host', engine.address];
    let pin = ['--engine-wg-public-key', await init(engine, 'engine')];
    const add = (name: string, key: string, ...more: string[]) =>
      says(engine, 'banyan-engine', 'add-client', '--name', name, '--pubkey', key, ...more);
    await add('worker-1', await init(worker, 'agent', ...at, ...pin));
    await add('cli-1', await init(laptop, 'cli', ...at, ...pin), '--json');
    await add('ada', await init(user, 'cli', ...at));
    let [served, agent] = [
      await start(engine, 'engine', /ready on TCP/),
      await start(worker, 'agent', /connected as/),
    ];
    await settled();
    await look();
    await rotateAll();

    await stop(agent, served);
    await setRotation('deny');
    served = await start(engine, 'engine', /ready on TCP/);
    agent = await start(worker, 'agent', /connected as/);
    await settled();
    await rotateByAdministrator();
    await setRotation('allow');
    await bundles();

    await add('worker-1', await init(worker, 'agent'), '--replace');
    pin = ['--engine-wg-public-key', await init(engine, 'engine')];
    for (const [on, role] of [
      [worker, 'agent'],
      [laptop, 'cli'],
      [user, 'cli'],
    ] as const) {
      await init(on, role, '--keep', ...pin);
    }
    await stop(agent, served);
    served = await start(engine, 'engine', /ready on TCP/);
    agent = await start(worker, 'agent', /connected as/);
    await reports(laptop, 'banyan-cli', 'status');
    await stop(agent, served);
    await Promise.all([
      reports(worker, 'banyan-agent', 'down'),
      reports(laptop, 'banyan-cli', 'disconnect'),
      reports(engine, 'banyan-engine', 'down'),
    ]);
  }

  async function setRotation(value: 'allow' | 'deny'): Promise<void> {
    const text = (await engine.readFile(CONFIG)).replace(/^ +key_rotation: .*\n/m, '');
    await engine.writeFile(CONFIG, text.replace(/^engine:$/m, `engine:\n  key_rotation: "${value}"`));
  }

  /** Each program's key, in both forms of the command, and what fails. */
  async function rotateAll(): Promise<void> {
    for (const form of [[], ['--json']]) {
      for (const [on, role] of [
        [worker, 'agent'],
        [laptop, 'cli'],
      ] as const) {
        await says(on, `banyan-${role}`, 'rotate', ...form);
        await note(on, CONFIG);
      }
      await says(engine, 'banyan-engine', 'rotate', '--yes', ...form);
      await note(engine, CONFIG);
      await noteWhileThere(engine, PREVIOUS_KEY);
      // One is under way.
      await says(engine, 'banyan-engine', 'rotate', '--yes', ...form);
      await says(engine, 'banyan-engine', 'status', ...form);
      for (const operator of [laptop, user]) await says(operator, 'banyan-cli', 'status');
      await until(async () => !(await has(engine, PREVIOUS_KEY)), {
        what: 'everybody has learned',
      });
      await settled();
    }
    await says(engine, 'banyan-engine', 'rotate', '--yes', '--forget');
    // A key that cannot be kept.
    await laptop.output(['mkdir', '-p', `${CLIS_NEXT}/in-the-way`]);
    for (const form of [[], ['--json']]) await says(laptop, 'banyan-cli', 'rotate', ...form);
    await laptop.output(['rm', '-r', CLIS_NEXT]);
  }

  /** Where an administrator has to admit the next key, it waits in a file. */
  async function rotateByAdministrator(): Promise<void> {
    for (const [on, role, file] of [
      [worker, 'agent', AGENTS_NEXT],
      [laptop, 'cli', CLIS_NEXT],
    ] as const) {
      await says(on, `banyan-${role}`, 'rotate');
      await noteWhileThere(on, file);
      const { stdout } = await says(on, `banyan-${role}`, 'rotate', '--json');
      const { next } = JSON.parse(stdout) as { next: string };
      await says(engine, ...printedCommand(next, 'banyan-engine add-client'));
      if (role === 'cli') await says(on, 'banyan-cli', 'status');
      await until(async () => !(await has(on, file)), {
        what: `${file} is not needed any more`,
      });
    }
    await agentIs(worker, { state: 'connected' });
  }

  /** What is attached to reports, unpacked; then the engine's key is replaced, and nobody knows it. */
  async function bundles(): Promise<void> {
    for (const [on, role] of [
      [engine, 'engine'],
      [worker, 'agent'],
      [laptop, 'cli'],
    ] as const) {
      const file = `/run/${role}.tar.gz`;
      await says(on, `banyan-${role}`, 'doctor', '--bundle', file);
      outputs.push(await on.output(['tar', '-xzOf', file]));
    }
    for (const form of [[], ['--json']]) {
      await says(engine, 'banyan-engine', 'rotate', '--yes', '--compromised', ...form);
      await note(engine, CONFIG);
      await says(laptop, 'banyan-cli', 'rotate', ...form);
      await says(worker, 'banyan-agent', 'rotate', ...form);
    }
  }

  /** Every command that reports, while all is running. */
  async function look(): Promise<void> {
    const commands: [Account, string[]][] = [
      [laptop, ['banyan-cli', 'agents']],
      [laptop, ['banyan-cli', 'clients']],
      [laptop, ['banyan-cli', 'peers', '--agent', 'worker-1']],
      [user, ['banyan-cli', 'status']],
      ...['status', 'plan', 'containers'].map((name): [Account, string[]] => [
        worker,
        ['banyan-agent', name],
      ]),
      ...['status', 'list-clients', 'pending', 'audit'].map((name): [Account, string[]] => [
        engine,
        ['banyan-engine', name],
      ]),
      [engine, ['banyan-engine', 'backup', '--file', '/run/engine.backup']],
    ];
    await reports(laptop, 'banyan-cli', 'status');
    await Promise.all(commands.map(([on, command]) => reports(on, ...command)));
    // A config of two readers is something to warn of.
    await worker.output(['chmod', '644', CONFIG]);
    await says(worker, 'banyan-agent', 'plan');
    await complain();
  }

  /** What is said of a config with its key in a wrong place: the key must stand in it whole, or nobody could tell. */
  async function complain(): Promise<void> {
    const path = '/run/broken.yaml';
    const text = await laptop.readFile(CONFIG);
    const [line = '', key = ''] = /^ +wg_private_key: "(.*)"$/m.exec(text)!;
    for (const wrong of [
      `  wg_private_key: "${key}" x`,
      `  wg_private_key: ["${key}"]`,
      `  wg_private_key: "${key}${key}"`,
      `  wg_private_key: ${key}\n  : ${key}`,
      `${line}\n  "${key}": 1`,
      `${line}\n  engine_port: "${key}"`,
    ]) {
      await laptop.writeFile(path, text.replace(line, wrong));
      const forms = [[], ['--json']];
      await Promise.all(forms.map((form) => says(laptop, 'banyan-cli', 'status', '--config', path, ...form)));
    }
    await laptop.removeFile(path);
  }

  const withKey = (texts: Iterable<string>): string[] =>
    [...texts].filter((text) => [...secrets].some((secret) => text.includes(secret)));

  /** Files with a key, as somebody finds them. */
  async function filesWithKey(on: Account): Promise<string[]> {
    const patterns = [...secrets].map((secret) => `-e${secret}`);
    const grep = ['-exec', 'grep', '-lsF', ...patterns, '{}', '+'];
    // Within the file system of each place: the checkout, which is mounted in `/run`, is the machine's.
    const written = ['-xdev', '-path', '/run/.lab', '-prune', '-o', '-type', 'f', '-newermt', since];
    const { stdout } = await on.run(['find', ...PLACES, ...written, ...grep]);
    return stdout
      .split('\n')
      .filter((line) => line !== '')
      .sort();
  }

  it('is in no argument and no environment of any process', () => {
    // What it would have been seen in.
    for (const sight of [
      'wg\0set\0wg-control\0private-key',
      'wireguard-go\0',
      'banyan-agent\0start',
      'init\0',
    ]) {
      expect([...watch.seen].filter((text) => text.includes(sight))).not.toEqual([]);
    }
    expect(withKey(watch.seen)).toEqual([]);
  });

  it('is in nothing that a command or a service says, as text or as JSON', () => {
    const said = outputs.join('');
    const parts = [
      'connected as worker-1',
      '"subnets": 1',
      'Warning: ',
      'is not valid YAML',
      'wg_private_key must be',
      'rotated worker-1: ',
      'rotated cli-1: ',
      '"state": "rotated"',
      '"state": "denied"',
      '"rotation": "taught"',
      '"rotation": "compromised"',
      'a rotation is under way',
      'no rotation of the key is under way',
      `cannot read ${CLIS_NEXT}`,
      'table inet banyan_network',
    ];
    for (const part of parts) expect(said).toContain(part);
    expect(withKey(outputs)).toEqual([]);
  });

  it('is in no file but the config of its host and the one before it, which are closed', async () => {
    const previous = `${CONFIG}.previous`;
    expect(await filesWithKey(engine)).toEqual([CONFIG, previous]);
    expect(await filesWithKey(worker)).toEqual([CONFIG, previous]);
    expect(await filesWithKey(laptop)).toEqual([CONFIG, previous, USERS_CONFIG]);
    for (const host of [engine, worker]) {
      const modes = await host.output(['stat', '-c', '%a', '/etc/banyan', CONFIG, previous]);
      expect(modes).toBe('700\n600\n600\n');
    }
    // There are the files that could have had it.
    await engine.output(['ls', '/run/engine.backup', '/var/lib/banyan/engine/store']);
    await laptop.output(['ls', '/run/home/2000/.local/state/banyan/known-engines.json']);
  });

  it('is in another file only until a rotation is over, and that is closed too', async () => {
    for (const file of [AGENTS_NEXT, CLIS_NEXT, PREVIOUS_KEY]) {
      expect([file, passing.get(file)]).toEqual([file, '600\n']);
    }
    for (const [on, file] of [
      [worker, AGENTS_NEXT],
      [laptop, CLIS_NEXT],
      [engine, PREVIOUS_KEY],
    ] as const) {
      expect(await has(on, file)).toBe(false);
    }
  });

  it('is in no file that another user can read', async () => {
    for (const host of [engine, worker, laptop])
      expect(await filesWithKey(await host.asUser(2001))).toEqual([]);
  });
});
