import { ping } from '../dataplane/worker.js';
import { until, untilHolds, type Account, type Host } from '../lab/index.js';
import { addServer, everyoneIsBack, restartAgent, type Server } from './mesh-network.js';
import { agentIs, CONFIG, operatorGoes, PrivateNetwork } from './private-network.js';
import { toolbox } from './toolbox.js';

interface Line {
  readonly check: string;
  readonly state: 'ok' | 'warn' | 'fail';
  readonly detail: string;
  readonly remedy: string | null;
}

interface Report {
  readonly exitCode: number | null;
  /** By the name of the check. */
  readonly lines: ReadonlyMap<string, Line>;
  readonly failed: readonly string[];
}

type Program = 'banyan-agent' | 'banyan-engine' | 'banyan-cli';

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
  });
  beforeEach(healthy);
  /** Puts right again what a test has spoilt, the last first; also what a test that failed has left. */
  const undo: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    while (undo.length > 0) await undo.pop()!();
  });
  afterAll(() => network?.destroy());

  async function doctor(on: Account, program: Program, env: NodeJS.ProcessEnv): Promise<Report> {
    const { exitCode, stdout, stderr } = await on.run([program, 'doctor', '--json'], { env });
    if (!stdout.startsWith('['))
      throw new Error(`${program} doctor ended with ${exitCode}: ${stdout}${stderr}`);
    const lines = JSON.parse(stdout) as Line[];
    const failed = lines.filter(({ state }) => state === 'fail').map(({ check }) => check);
    return { exitCode, lines: new Map(lines.map((line) => [line.check, line])), failed };
  }

  /**
   * Waits until doctor of a program reports this. Its checks give an answer some seconds, which is too few where a machine
   * stands still; and an agent is sent datagrams a few times a minute, so that those before may have been all.
   * @param expected throws for another report.
   */
  const finds = (
    on: Account,
    program: Program,
    expected: (report: Report) => void,
    env: NodeJS.ProcessEnv = {},
  ): Promise<unknown> =>
    untilHolds(async () => expected(await doctor(on, program, env)), {
      timeout: 120_000,
      what: `${program} doctor on ${on.name} reports it`,
    });

  /** Everybody is connected, and the operator has no tunnel. */
  async function healthy(): Promise<void> {
    await everyoneIsBack(laptop, [one, two]);
    for (const { host } of [one, two]) await agentIs(host, { state: 'connected', channel: 'tunnel' });
    await until(() => ping(one.container.inside, two.container.address), { what: 'containers talk' });
    await laptop.output(['banyan-cli', 'disconnect']);
  }

  /** A table of somebody else, until the end of the test. */
  async function elsewhere(on: Host, family: 'inet' | 'ip', chain: string): Promise<void> {
    await on.output(['nft', '-f', '-'], { input: `table ${family} elsewhere { ${chain}\n}\n` });
    undo.push(() => on.output(['nft', 'delete', 'table', family, 'elsewhere']));
  }
  /** Drops what this says, beside our own rules, until the end of the test. */
  const drop = (on: Host, hook: string, what: string) =>
    elsewhere(on, 'inet', `chain c { type filter hook ${hook}; policy accept; ${what} drop; }`);

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
      await finds(host, program, ({ exitCode, lines }) => {
        expect([...lines.values()].filter(({ state }) => state !== 'ok')).toEqual([]);
        expect(exitCode).toBe(0);
      });
    }
    expect(await one.host.output(['nft', 'list', 'tables'])).not.toContain('doctor');
    expect(await traces(laptop)).toEqual([]);
    await finds(one.host, 'banyan-agent', ({ lines }) => {
      expect(lines.get('reachable')!.detail).toBe('3 of 3 datagrams of the engine arrived at UDP port 51820');
      expect(lines.get('whitelist')!.detail).toBe('admitted as worker-1');
    });
  });

  it('uses the tunnel that an operator has as it is, and leaves it', async () => {
    await operatorGoes(laptop, 'tunnel');
    const before = await traces(laptop);
    expect(before).toHaveLength(2);
    // What doctor would put right is told instead.
    await laptop.output(['nft', 'delete', 'table', 'inet', 'banyan_control_cli']);
    await finds(laptop, 'banyan-cli', ({ failed, lines }) => {
      expect(failed).toEqual(['firewall']);
      expect(lines.get('tunnel')).toMatchObject({ state: 'ok', detail: 'the engine answers in it' });
    });
    expect(await traces(laptop)).toEqual([before[0]]);
  });

  it('writes a bundle that its owner alone can read, without the private key', async () => {
    const file = '/run/bundle.tar.gz';
    const written = async () =>
      expect(await one.host.output(['banyan-agent', 'doctor', '--bundle', file])).toMatch(
        /All \d+ checks are well\./,
      );
    await untilHolds(written, { timeout: 120_000, what: 'all is well' });
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
    undo.push(() => one.host.output(['chmod', '600', CONFIG]));
    await one.host.output(['chmod', '644', CONFIG]);
    await finds(one.host, 'banyan-agent', ({ exitCode, lines, failed }) => {
      expect({ exitCode, failed }).toEqual({ exitCode: 1, failed: ['permissions'] });
      expect(lines.get('permissions')!.remedy).toBe(`sudo chmod 600 ${CONFIG}`);
    });
    expect(await one.host.output(['stat', '-c', '%a', CONFIG])).toBe('644\n');
  });

  it('names a tool that is missing, and looks at the rest', async () => {
    const tools = await toolbox(one.host, 'no-wg', { wg: undefined });
    const expected = ({ failed, lines }: Report): void => {
      expect(failed).toEqual(['tools']);
      expect(lines.get('tools')!.remedy).toBe('sudo apt-get install wireguard-tools');
      expect(lines.get('handshakes')!.detail).toContain('could not be looked at: `wg` is not installed');
      expect(lines.get('whitelist')!.state).toBe('ok');
    };
    await finds(one.host, 'banyan-agent', expected, tools);
  });

  it('tells UDP that this host drops from UDP that does not arrive', async () => {
    await drop(one.host, 'input priority 0', 'udp dport 51820');
    await finds(one.host, 'banyan-agent', ({ failed, lines }) => {
      expect(failed).toContain('reachable');
      expect(lines.get('reachable')!.detail).toContain('a firewall of this host drops them');
      expect(lines.get('reachable')!.remedy).toContain('sudo ufw allow 51820/udp');
    });
    // Before anything that counts on this host, as if on the way.
    await drop(two.host, 'prerouting priority -460', 'udp dport 51820');
    await finds(two.host, 'banyan-agent', ({ failed, lines }) => {
      expect(failed).toContain('reachable');
      expect(lines.get('reachable')!.detail).toMatch(/arrived: something on the way drops them/);
    });
    const tables = () => two.host.output(['nft', 'list', 'tables']);
    // It counts for two seconds, and one may have missed them.
    const counting = async () => {
      const asked = two.host.spawn(['banyan-agent', 'doctor']);
      while (!asked.result) if ((await tables()).includes('banyan_doctor')) return asked;
      return undefined;
    };
    const interrupted = await until(counting, { timeout: 120_000, what: 'doctor counts datagrams' });
    await interrupted.signal('SIGINT');
    await interrupted.ended;
    expect(await tables()).not.toContain('banyan_doctor');
  });

  it('names a service that hangs, and does not take what it said before at its word', async () => {
    for (const service of [one.agent, network.daemon]) {
      undo.push(() => service.signal('SIGCONT'));
      await service.signal('SIGSTOP');
    }
    const hangs =
      (role: string) =>
      ({ failed, lines }: Report): void => {
        expect(failed).toContain('service');
        expect(lines.get('service')).toMatchObject({
          detail: `the ${role} on this host runs, and does not answer`,
          remedy: `sudo systemctl restart banyan-${role}`,
        });
      };
    await Promise.all([
      finds(one.host, 'banyan-agent', hangs('agent')),
      finds(network.engine, 'banyan-engine', hangs('engine')),
    ]);
  });

  it('names a clock that is off, and by how much', async () => {
    const ahead = `const True = Date;
      globalThis.Date = class extends True {
        constructor(...of) { super(...(of.length === 0 ? [Date.now()] : of)); }
        static now() { return True.now() + 600_000; }
      };`;
    const expected = ({ failed, lines }: Report): void => {
      // Ages are by the clock too, and only doctor's is off here.
      expect(failed).toContain('clock');
      // Half of the time that the answer took is the most by which it may be wrong.
      expect(lines.get('clock')).toMatchObject({
        detail: expect.stringMatching(/^the clock here is (59|60)\d\.\d s ahead of the engine's$/) as string,
        remedy: 'sudo timedatectl set-ntp true',
      });
    };
    await finds(two.host, 'banyan-agent', expected, {
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(ahead)}`,
    });
  });

  it('calls no port closed because the configuration names another one by now', async () => {
    const config = await two.host.readFile(CONFIG);
    undo.push(() => two.host.writeFile(CONFIG, config));
    await two.host.writeFile(CONFIG, config.replace('agent:\n', 'agent:\n  wg_port: 51999\n'));
    await finds(two.host, 'banyan-agent', ({ lines }) => {
      expect(lines.get('ports')).toMatchObject({
        state: 'warn',
        remedy: 'sudo systemctl restart banyan-agent',
      });
      expect(lines.get('reachable')).toMatchObject({ state: 'ok' });
    });
  });

  it('names a state directory that cannot be written, and a firewall of the engine that has no rule for it', async () => {
    const state = '/var/lib/banyan/engine';
    await network.engine.output(['mount', '-t', 'tmpfs', '-o', 'ro', 'none', state]);
    undo.push(() => network.engine.output(['umount', state]));
    const policy =
      'chain c { type filter hook input priority 0; policy drop; ct state established accept; udp dport 51821 accept; }';
    await elsewhere(network.engine, 'ip', policy);
    const mend = 'sudo nft insert rule ip elsewhere c tcp dport 50051 accept';
    await finds(network.engine, 'banyan-engine', ({ failed, lines }) => {
      expect(failed).toEqual(['disk']);
      expect(lines.get('disk')!.detail).toBe(`the file system of ${state} is read-only`);
      const { state: found, remedy } = lines.get('input policy')!;
      expect(found).toBe('warn');
      expect(remedy!.split('\n')[1]).toBe(mend);
    });
    await network.engine.output(mend.split(' ').slice(1));
    await finds(network.engine, 'banyan-engine', ({ lines }) => {
      expect(lines.get('input policy')!.state).toBe('ok');
    });
  });

  it('says which large packets are lost, on the way to the engine and to a peer', async () => {
    const setMtu = (bytes: string) => two.host.output(['ip', 'link', 'set', 'eth0', 'mtu', bytes]);
    undo.push(() => setMtu('1500'));
    await setMtu('1400');
    await finds(two.host, 'banyan-agent', ({ lines }) => {
      expect(lines.get('path MTU')).toMatchObject({ state: 'warn' });
      expect(lines.get('path MTU')!.detail).toContain('room for 1340 bytes in the tunnel');
      expect(lines.get('tunnel')!.detail).not.toContain('is closed');
    });
    await setMtu('1500');
    // As on a way that drops them without a word.
    await drop(one.host, 'prerouting priority -460', 'udp dport 51820 meta length > 1400');
    await finds(two.host, 'banyan-agent', ({ failed, lines }) => {
      expect(failed).toEqual(['path MTU']);
      expect(lines.get('path MTU')!.detail).toContain('and those of 1320 do');
    });
  });

  it('names what a host without a running agent lacks', async () => {
    undo.push(async () => {
      await one.host.run(['ip', 'route', 'delete', '10.201.77.0/24']);
      if (one.agent.result) await restartAgent(network, one);
    });
    await one.agent.signal('SIGKILL');
    await one.agent.ended;
    await one.host.output(['sysctl', '-w', 'net.ipv4.ip_forward=0']);
    await one.host.output(['nft', 'delete', 'table', 'inet', 'banyan_network']);
    await one.host.output(['ip', 'route', 'add', '10.201.77.0/24', 'dev', 'eth0']);
    await elsewhere(one.host, 'inet', 'chain forward { type filter hook forward priority 0; policy drop; }');
    const broken = ['addresses', 'drift', 'firewall', 'forward policy', 'forwarding', 'service'];
    const remedies: string[] = [];
    await finds(one.host, 'banyan-agent', ({ failed, lines, exitCode }) => {
      expect(exitCode).toBe(1);
      expect(failed.toSorted()).toEqual(broken);
      expect(lines.get('firewall')!.detail).toContain('lacks banyan_network');
      expect(lines.get('service')!.remedy).toBe('sudo systemctl start banyan-agent');
      for (const check of ['addresses', 'forward policy', 'forwarding'])
        remedies.push(...lines.get(check)!.remedy!.split('\n'));
    });
    // What doctor says mends it, to the letter.
    for (const command of remedies) {
      expect(command).toMatch(/^sudo /);
      await one.host.output(command.split(' ').slice(1));
    }
    await restartAgent(network, one);
    await healthy();
    await finds(one.host, 'banyan-agent', ({ failed }) => expect(failed).toEqual([]));
  });

  it('tells a tunnel that is blocked from an engine that is away', async () => {
    await drop(network.engine, 'input priority 0', 'udp dport 51821');
    const isBlocked = ({ failed, lines }: Report): void => {
      expect(failed).toEqual(['tunnel']);
      expect(lines.get('tunnel')!.detail).toContain(`UDP port 51821 of ${network.engine.address} is closed`);
      expect(lines.get('tunnel')!.remedy).toContain(
        'nft insert rule inet filter input udp dport 51821 accept',
      );
    };
    await Promise.all([finds(two.host, 'banyan-agent', isBlocked), finds(laptop, 'banyan-cli', isBlocked)]);
  });

  it('says how the port of an engine is opened that does not answer calls', async () => {
    await drop(network.engine, 'input priority 0', 'tcp dport 50051');
    await Promise.all([
      finds(laptop, 'banyan-cli', ({ failed, lines }) => {
        expect(failed).toEqual(['engine']);
        const { detail, remedy } = lines.get('engine')!;
        expect(detail).toContain('no answer in time; is a firewall in the way?');
        expect(remedy!.split('\n')[0]).toBe('On the engine: sudo banyan-engine doctor');
        expect(remedy).toContain('\nsudo ufw allow 50051/tcp\n');
      }),
      finds(network.engine, 'banyan-engine', ({ failed }) => expect(failed).toEqual([])),
    ]);
  });

  it('says which line admits a key that is not on the whitelist', async () => {
    await network.engine.output(['banyan-engine', 'remove-client', '--name', 'worker-2', '--wait', '30s']);
    await finds(two.host, 'banyan-agent', ({ failed, lines }) => {
      expect(failed).toContain('whitelist');
      expect(lines.get('whitelist')!.detail).toContain("is not on the engine's whitelist");
      expect(lines.get('whitelist')!.remedy).toContain(`--pubkey '${two.key}' --role agent`);
      // The engine has no tunnel for it, and no port is closed.
      expect(lines.get('tunnel')!.state).toBe('warn');
    });
  });
});
