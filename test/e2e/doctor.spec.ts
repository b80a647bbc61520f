import { ping } from '../dataplane/worker.js';
import { until, type Account, type Host } from '../lab/index.js';
import { addServer, restartAgent, type Server } from './mesh-network.js';
import { agentIs, CONFIG, PrivateNetwork } from './private-network.js';
import { toolbox } from './toolbox.js';

interface Line {
  readonly check: string;
  readonly state: 'ok' | 'warn' | 'fail';
  readonly detail: string;
  readonly remedy: string | null;
}

/**
 * Seconds: how long all checks may take where something is broken, and where nothing is. On a machine of its own that is
 * 20 and 5; a busy one needs more.
 */
const LIMIT = { broken: 60, healthy: 20 };

describe('doctor', () => {
  let network: PrivateNetwork;
  let laptop: Host;
  let one: Server;
  let two: Server;

  beforeAll(async () => {
    network = await PrivateNetwork.create('doctor');
    await network.startEngine();
    laptop = await network.host('cli', 'laptop', { name: 'cli-1' });
    one = await addServer(network, 'worker-1');
    two = await addServer(network, 'worker-2');
    await healthy();
  }, 120_000);
  afterAll(() => network?.destroy());

  /** Runs doctor of a program. @returns its lines by the name of the check. */
  async function doctor(
    on: Account,
    program: 'banyan-agent' | 'banyan-engine' | 'banyan-cli',
    env: NodeJS.ProcessEnv = {},
    limit = LIMIT.broken,
  ): Promise<{ exitCode: number | null; lines: Map<string, Line>; failed: string[] }> {
    const command = ['/usr/bin/timeout', String(limit), program, 'doctor', '--json'];
    const { exitCode, stdout, stderr } = await on.run(command, { env });
    if (!stdout.startsWith('['))
      throw new Error(`${program} doctor ended with ${exitCode}: ${stdout}${stderr}`);
    const lines = JSON.parse(stdout) as Line[];
    const failed = lines.filter(({ state }) => state === 'fail').map(({ check }) => check);
    return { exitCode, lines: new Map(lines.map((line) => [line.check, line])), failed };
  }

  async function healthy(): Promise<void> {
    await agentIs(one.host, { state: 'connected', channel: 'tunnel' }, 45_000);
    await until(() => ping(one.container.inside, two.container.address), {
      timeout: 20_000,
      what: 'containers talk',
    });
  }

  /** Drops what this says, beside our own rules. */
  const drop = (on: Host, hook: string, what: string) =>
    on.output(['nft', '-f', '-'], {
      input: `table inet elsewhere { chain c { type filter hook ${hook}; policy accept; ${what} drop; }\n}\n`,
    });
  const undrop = (on: Host) => on.output(['nft', 'delete', 'table', 'inet', 'elsewhere']);

  /** What a tunnel leaves on a host: its interface, and its table of the firewall. */
  async function traces(on: Host): Promise<string[]> {
    const [links, tables] = await Promise.all([
      on.output(['ip', '-o', 'link', 'show']),
      on.output(['nft', 'list', 'tables']),
    ]);
    return [...(links.match(/wg-control/) ?? []), ...(tables.match(/\S*_control_\S*/) ?? [])];
  }

  it('finds nothing on a healthy network, and leaves nothing behind', async () => {
    for (const [host, program] of [
      [one.host, 'banyan-agent'],
      [network.engine, 'banyan-engine'],
      [laptop, 'banyan-cli'],
    ] as const) {
      const { exitCode, lines } = await doctor(host, program, {}, LIMIT.healthy);
      expect([...lines.values()].filter(({ state }) => state !== 'ok')).toEqual([]);
      expect(exitCode).toBe(0);
    }
    expect(await one.host.output(['nft', 'list', 'tables'])).not.toContain('doctor');
    expect(await traces(laptop)).toEqual([]);
    const { lines } = await doctor(one.host, 'banyan-agent');
    expect(lines.get('reachable')!.detail).toBe('3 of 3 datagrams of the engine arrived at UDP port 51820');
    expect(lines.get('whitelist')!.detail).toBe('admitted as worker-1');
  });

  it('uses the tunnel that an operator has as it is, and leaves it', async () => {
    await laptop.output(['banyan-cli', 'status']);
    const before = await traces(laptop);
    expect(before).toHaveLength(2);
    // What doctor would put right is told instead.
    await laptop.output(['nft', 'delete', 'table', 'inet', 'banyan_control_cli']);
    const { failed, lines } = await doctor(laptop, 'banyan-cli');
    expect(failed).toEqual(['firewall']);
    expect(lines.get('tunnel')).toMatchObject({ state: 'ok', detail: 'the engine answers in it' });
    expect(await traces(laptop)).toEqual([before[0]]);
    await laptop.output(['banyan-cli', 'disconnect']);
  });

  it('writes a bundle that its owner alone can read, without the private key', async () => {
    const file = '/run/bundle.tar.gz';
    const { stdout } = await one.host.run(['banyan-agent', 'doctor', '--bundle', file]);
    expect(stdout).toMatch(/All \d+ checks are well\./);
    expect(await one.host.output(['stat', '-c', '%a', file])).toBe('600\n');
    const names = (await one.host.output(['tar', '-tzf', file])).trim().split('\n');
    expect(names).toContain('banyan-agent/doctor.json');
    const text = await one.host.output(['tar', '-xzOf', file]);
    const secret = /wg_private_key: "?([A-Za-z0-9+/]{43}=)/.exec(await one.host.readFile(CONFIG))![1]!;
    for (const held of [
      'interface: banyan-wg',
      'table inet banyan_network',
      'engine_host',
      '"admitted as worker-1"',
    ])
      expect(text).toContain(held);
    expect(text).not.toContain(secret);
    expect(text).not.toContain(Buffer.from(secret, 'base64').toString('hex'));
  });

  it('names a config that is open to others, and leaves it as it is', async () => {
    await one.host.output(['chmod', '644', CONFIG]);
    const { exitCode, lines, failed } = await doctor(one.host, 'banyan-agent');
    expect(await one.host.output(['stat', '-c', '%a', CONFIG])).toBe('644\n');
    await one.host.output(['chmod', '600', CONFIG]);
    expect({ exitCode, failed }).toEqual({ exitCode: 1, failed: ['permissions'] });
    expect(lines.get('permissions')!.remedy).toBe(`sudo chmod 600 ${CONFIG}`);
  });

  it('names a tool that is missing, and looks at the rest', async () => {
    const { failed, lines } = await doctor(
      one.host,
      'banyan-agent',
      await toolbox(one.host, 'no-wg', { wg: undefined }),
    );
    expect(failed).toEqual(['tools']);
    expect(lines.get('tools')!.remedy).toBe('sudo apt-get install wireguard-tools');
    expect(lines.get('handshakes')!.detail).toContain('could not be looked at: `wg` is not installed');
    expect(lines.get('whitelist')!.state).toBe('ok');
  });

  it('tells UDP that this host drops from UDP that does not arrive', async () => {
    await drop(one.host, 'input priority 0', 'udp dport 51820');
    const dropped = await doctor(one.host, 'banyan-agent');
    await undrop(one.host);
    // Before anything that counts on this host, as if on the way.
    await drop(two.host, 'prerouting priority -460', 'udp dport 51820');
    const lost = await doctor(two.host, 'banyan-agent');
    const interrupted = two.host.spawn(['banyan-agent', 'doctor']);
    const tables = () => two.host.output(['nft', 'list', 'tables']);
    await until(async () => (await tables()).includes('banyan_doctor'), {
      timeout: 10_000,
      what: 'doctor counts datagrams',
    });
    await interrupted.signal('SIGINT');
    await interrupted.ended;
    expect(await tables()).not.toContain('banyan_doctor');
    await undrop(two.host);
    expect(dropped.failed).toContain('reachable');
    expect(dropped.lines.get('reachable')!.detail).toContain('a firewall of this host drops them');
    expect(dropped.lines.get('reachable')!.remedy).toContain('sudo ufw allow 51820/udp');
    expect(lost.failed).toContain('reachable');
    expect(lost.lines.get('reachable')!.detail).toMatch(/arrived: something on the way drops them/);
  });

  it('names a service that hangs, and does not take what it said before at its word', async () => {
    await one.agent.signal('SIGSTOP');
    await network.daemon.signal('SIGSTOP');
    const [agent, engine] = await Promise.all([
      doctor(one.host, 'banyan-agent'),
      doctor(network.engine, 'banyan-engine'),
    ]);
    await one.agent.signal('SIGCONT');
    await network.daemon.signal('SIGCONT');
    for (const [{ failed, lines }, role] of [
      [agent, 'agent'],
      [engine, 'engine'],
    ] as const) {
      expect(failed).toContain('service');
      expect(lines.get('service')).toMatchObject({
        detail: `the ${role} on this host runs, and does not answer`,
        remedy: `sudo systemctl restart banyan-${role}`,
      });
    }
    await healthy();
  }, 90_000);

  it('names a clock that is off, and by how much', async () => {
    const ahead = `const True = Date;
      globalThis.Date = class extends True {
        constructor(...of) { super(...(of.length === 0 ? [Date.now()] : of)); }
        static now() { return True.now() + 600_000; }
      };`;
    const { failed, lines } = await doctor(two.host, 'banyan-agent', {
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(ahead)}`,
    });
    // Ages are by the clock too, and only doctor's is off here.
    expect(failed).toContain('clock');
    expect(lines.get('clock')).toMatchObject({
      detail: expect.stringMatching(/^the clock here is 600\.\d s ahead of the engine's$/) as string,
      remedy: 'sudo timedatectl set-ntp true',
    });
  });

  it('calls no port closed because the configuration names another one by now', async () => {
    const config = await two.host.readFile(CONFIG);
    await two.host.writeFile(CONFIG, config.replace('agent:\n', 'agent:\n  wg_port: 51999\n'));
    // An agent is sent datagrams a few times a minute, and those before may have been all.
    const lines = await until(
      async () => {
        const seen = (await doctor(two.host, 'banyan-agent')).lines;
        return seen.get('reachable')!.detail.includes('a moment ago') ? undefined : seen;
      },
      { timeout: 70_000, what: 'the engine sends datagrams again' },
    );
    await two.host.writeFile(CONFIG, config);
    expect(lines.get('ports')).toMatchObject({
      state: 'warn',
      remedy: 'sudo systemctl restart banyan-agent',
    });
    expect(lines.get('reachable')).toMatchObject({ state: 'ok' });
  }, 120_000);

  it('names a state directory that cannot be written, and a firewall of the engine that has no rule for it', async () => {
    const state = '/var/lib/banyan/engine';
    await network.engine.output(['mount', '-t', 'tmpfs', '-o', 'ro', 'none', state]);
    await network.engine.output(['nft', '-f', '-'], {
      input:
        'table ip elsewhere { chain c { type filter hook input priority 0; policy drop; ct state established accept; udp dport 51821 accept; }\n}\n',
    });
    const { failed, lines } = await doctor(network.engine, 'banyan-engine');
    await network.engine.output(['umount', state]);
    expect(failed).toEqual(['disk']);
    expect(lines.get('disk')!.detail).toBe(`the file system of ${state} is read-only`);
    const { state: found, remedy } = lines.get('input policy')!;
    expect(found).toBe('warn');
    const [, mend] = remedy!.split('\n');
    expect(mend).toBe('sudo nft insert rule ip elsewhere c tcp dport 50051 accept');
    await network.engine.output(mend!.split(' ').slice(1));
    expect((await doctor(network.engine, 'banyan-engine')).lines.get('input policy')!.state).toBe('ok');
    await network.engine.output(['nft', 'delete', 'table', 'ip', 'elsewhere']);
  }, 60_000);

  it('says which large packets are lost, on the way to the engine and to a peer', async () => {
    await two.host.output(['ip', 'link', 'set', 'eth0', 'mtu', '1400']);
    const narrow = await doctor(two.host, 'banyan-agent');
    await two.host.output(['ip', 'link', 'set', 'eth0', 'mtu', '1500']);
    // As on a way that drops them without a word.
    await drop(one.host, 'prerouting priority -460', 'udp dport 51820 meta length > 1400');
    const silent = await doctor(two.host, 'banyan-agent');
    await undrop(one.host);
    expect(narrow.lines.get('path MTU')).toMatchObject({ state: 'warn' });
    expect(narrow.lines.get('path MTU')!.detail).toContain('room for 1340 bytes in the tunnel');
    expect(narrow.lines.get('tunnel')!.detail).not.toContain('is closed');
    expect(silent.failed).toEqual(['path MTU']);
    expect(silent.lines.get('path MTU')!.detail).toContain('and those of 1320 do');
  }, 60_000);

  it('names what a host without a running agent lacks', async () => {
    await one.agent.signal('SIGKILL');
    await one.agent.ended;
    await one.host.output(['sysctl', '-w', 'net.ipv4.ip_forward=0']);
    await one.host.output(['nft', 'delete', 'table', 'inet', 'banyan_network']);
    await one.host.output(['ip', 'route', 'add', '10.201.77.0/24', 'dev', 'eth0']);
    await one.host.output(['nft', '-f', '-'], {
      input:
        'table inet elsewhere { chain forward { type filter hook forward priority 0; policy drop; }\n}\n',
    });
    const { failed, lines, exitCode } = await doctor(one.host, 'banyan-agent');
    expect(exitCode).toBe(1);
    expect(failed.sort()).toEqual([
      ...['addresses', 'drift', 'firewall', 'forward policy', 'forwarding', 'service'],
    ]);
    // What doctor says mends it, to the letter.
    for (const check of ['addresses', 'forward policy', 'forwarding']) {
      for (const command of lines.get(check)!.remedy!.split('\n')) {
        expect(command).toMatch(/^sudo /);
        await one.host.output(command.split(' ').slice(1));
      }
    }
    expect(lines.get('firewall')!.detail).toContain('lacks banyan_network');
    expect(lines.get('service')!.remedy).toBe('sudo systemctl start banyan-agent');
    await restartAgent(network, one);
    await healthy();
    expect((await doctor(one.host, 'banyan-agent')).failed).toEqual([]);
    await undrop(one.host);
  });

  it('tells a tunnel that is blocked from an engine that is away', async () => {
    await drop(network.engine, 'input priority 0', 'udp dport 51821');
    const [agent, operator] = await Promise.all([
      doctor(two.host, 'banyan-agent'),
      doctor(laptop, 'banyan-cli'),
    ]);
    await undrop(network.engine);
    for (const { failed, lines } of [agent, operator]) {
      expect(failed).toEqual(['tunnel']);
      expect(lines.get('tunnel')!.detail).toContain(`UDP port 51821 of ${network.engine.address} is closed`);
      expect(lines.get('tunnel')!.remedy).toContain(
        'nft insert rule inet filter input udp dport 51821 accept',
      );
    }
  });

  it('says how the port of an engine is opened that does not answer calls', async () => {
    await drop(network.engine, 'input priority 0', 'tcp dport 50051');
    const [operator, engine] = await Promise.all([
      doctor(laptop, 'banyan-cli'),
      doctor(network.engine, 'banyan-engine'),
    ]);
    await undrop(network.engine);
    expect(operator.failed).toEqual(['engine']);
    const { detail, remedy } = operator.lines.get('engine')!;
    expect(detail).toContain('no answer in time; is a firewall in the way?');
    expect(remedy!.split('\n')[0]).toBe('On the engine: sudo banyan-engine doctor');
    expect(remedy).toContain('\nsudo ufw allow 50051/tcp\n');
    expect(engine.failed).toEqual([]);
  }, 60_000);

  it('says which line admits a key that is not on the whitelist', async () => {
    await network.engine.output(['banyan-engine', 'remove-client', '--name', 'worker-2']);
    const { failed, lines } = await doctor(two.host, 'banyan-agent');
    expect(failed).toContain('whitelist');
    expect(lines.get('whitelist')!.detail).toContain("is not on the engine's whitelist");
    expect(lines.get('whitelist')!.remedy).toContain(`--pubkey '${two.key}' --role agent`);
    // The engine has no tunnel for it, and no port is closed.
    expect(lines.get('tunnel')!.state).toBe('warn');
  });
});
