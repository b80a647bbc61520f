import { stripVTControlCharacters } from 'node:util';
import { agentIs, json, PrivateNetwork } from '../e2e/private-network.js';
import { readySubnet } from '../e2e/mesh-network.js';
import { untilHolds, type Ended, type Host, type Process } from '../lab/index.js';

const ENTER_SCREEN = '\x1b[?1049h';
const LEAVE_SCREEN = '\x1b[?25h\x1b[?1049l';
/** What every ping says, whoever answers. */
const PINGED = /^worker-\d (?:answers|does not answer|is) [^]*^\d+ of \d+ answered[^]*^FROM +LINK /m;
/** A ping that nobody has answered, which ends with 1. */
const UNANSWERED = /^0 of \d+ answered$|"round_trips_ms": \[(?:\s*null,?)+\s*\]/m;
const JSON_OBJECT = /^\{[^]*\}\n$/;

interface Status {
  readonly identity: string;
  readonly agents: {
    readonly online: number;
    readonly total: number;
    readonly offline: readonly { readonly name: string }[];
  };
  readonly links: {
    readonly wanted: number;
    readonly up: number;
    readonly down: number;
    readonly not_up: readonly unknown[];
  };
}

/** Three servers, of which one lets no packet of the container network in or out. */
describe('an operator who watches the network', () => {
  let network: PrivateNetwork;
  let laptop: Host;
  const agents: Process[] = [];

  beforeAll(async () => {
    network = await PrivateNetwork.create('watch');
    await network.startEngine();
    laptop = await network.host('cli', 'laptop', { name: 'cli-1' });
    for (const name of ['worker-1', 'worker-2', 'worker-3']) {
      const host = await network.host('agent', name);
      if (name === 'worker-3') await shut(host);
      agents.push(await network.startAgent(host));
      await readySubnet(host);
      // One that came by the direct path leaves it for the tunnel in a while, and is asked in vain for a moment.
      await agentIs(host, { state: 'connected', channel: 'tunnel' });
    }
    const links = async () => (await json<Status>(laptop, ['banyan-cli', 'status'])).links;
    await untilHolds(async () => expect(await links()).toMatchObject({ up: 1, down: 2 }), {
      what: 'the first two have a link, and none to the third',
    });
  });
  afterAll(() => network?.destroy());

  async function shut(host: Host): Promise<void> {
    const rules = `table inet shut {
      chain in { type filter hook input priority -300; udp dport 51820 drop; }
      chain out { type filter hook output priority -300; udp sport 51820 drop; }
    }`;
    await host.output(['nft', '-f', '-'], { input: rules });
  }

  /**
   * Looks until it is shown as it is: an agent that gets no time for two seconds is silent in one look, and what an agent
   * had to connect for anew is known in a moment. Whatever it shows, every look has this form, and ends as it should.
   */
  async function look(
    command: readonly string[],
    form: RegExp,
    check: (stdout: string) => void,
    run = () => laptop.run(command),
  ): Promise<string> {
    const looks: Ended[] = [];
    const shows = async () => {
      looks.push(await run());
      check(looks.at(-1)!.stdout);
    };
    await untilHolds(shows, { what: `\`${command.join(' ')}\` shows it as it is` });
    for (const each of looks)
      expect(each).toMatchObject({
        exitCode: UNANSWERED.test(each.stdout) ? 1 : 0,
        stdout: expect.stringMatching(form) as string,
        stderr: '',
      });
    return looks.at(-1)!.stdout;
  }

  /** On a terminal of its own; what is shown of the terminal follows the command. */
  function onTerminal(command: string, env: NodeJS.ProcessEnv = {}): Process {
    const line = `sh -c 'echo terminal $(tty) process $$; exec ${command}'; echo ended with $?; stty -a`;
    return laptop.spawn(['script', '--quiet', '--return', '--command', line, '/dev/null'], {
      env: { TERM: 'xterm', NO_COLOR: undefined, ...env },
    });
  }

  const word = (of: Process, after: string): string =>
    new RegExp(`${after} (\\S+)`).exec(of.stdout)?.[1] ?? '';

  it('sees at a glance who is there and which links are down', async () => {
    await look(['banyan-cli', 'status', '--json'], JSON_OBJECT, (stdout) =>
      expect(JSON.parse(stdout)).toMatchObject({
        identity: 'cli-1',
        agents: { online: 3, total: 3, offline: [] },
        links: {
          ...{ wanted: 3, up: 1, down: 2 },
          not_up: [
            { a: 'worker-1', b: 'worker-3', state: 'down' },
            { a: 'worker-2', b: 'worker-3', state: 'down' },
          ],
        },
        network: { vpc_cidr: '10.201.0.0/16', subnets_used: 3, subnets_total: 256 },
        whitelist: { admitted: 4, invalid: 0, expired: 0, pending: 0, error: null },
      }),
    );
    const form = /^agents: +\d of 3 online$[^]*^links: +\d of 3 up$/m;
    await look(['banyan-cli', 'status'], form, (stdout) => {
      expect(stdout).toMatch(/^agents: +3 of 3 online$/m);
      expect(stdout).toMatch(/^links: +1 of 3 up$/m);
      expect(stdout).toMatch(/^down: +worker-1 - worker-3, worker-2 - worker-3$/m);
    });
  });

  it('sees the links in one table where there is no terminal, and as JSON', async () => {
    const table = await look(
      ['banyan-cli', 'top'],
      /^[\d:]{8} {3}\d agents?.* {3}links: \d of 3 up/,
      (stdout) => {
        expect(stdout).toMatch(/3 agents {3}links: 1 of 3 up, 2 down/);
        expect(stdout).toMatch(/^worker-1 +- +worker-3 +down +never +[0-9.]+ \w+\/s /m);
        expect(stdout).toMatch(/^worker-1 +- +worker-2 +up +\d+ (?:s|min) ago +[0-9.]+ \w+\/s /m);
      },
    );
    // eslint-disable-next-line no-control-regex -- what a terminal obeys must not be in a pipe
    expect(table).not.toMatch(/\x1b/);
    await look(['banyan-cli', 'top', '--once', '--json'], JSON_OBJECT, (stdout) =>
      expect(JSON.parse(stdout)).toMatchObject({
        agents: { answered: 3, silent: [], offline: [] },
        links: { wanted: 3, up: 1, down: 2, left_out_down: 0, left_out_up: 0 },
        list: [{ state: 'down' }, { state: 'down' }, { a: 'worker-1', b: 'worker-2', state: 'up' }],
      }),
    );
    const lines = laptop.spawn(['banyan-cli', 'top', '--json']);
    await lines.says(/^\{.*\}\n\{.*\}\n/);
    await lines.signal('SIGINT');
    expect((await lines.ended).exitCode).toBe(0);
    for (const line of lines.stdout.trim().split('\n'))
      expect(JSON.parse(line)).toMatchObject({ links: { wanted: 3 } });
  });

  it('watches them on a terminal, which follows its width and is given back on q', async () => {
    const top = onTerminal('banyan-cli top');
    await top.says(/worker-1 +- +worker-3 +down/);
    expect(top.stdout).toContain(ENTER_SCREEN);
    expect(top.stdout).toContain('\x1b[31m');
    const terminal = word(top, 'terminal');
    await laptop.output(['stty', '-F', terminal, 'cols', '30', 'rows', '8']);
    const frames = () => top.stdout.split('\x1b[H');
    await untilHolds(() => {
      const lines = stripVTControlCharacters(frames().at(-1)!).split(/\r+\n/);
      expect(lines.length).toBeLessThanOrEqual(8);
      expect(lines.filter((text) => text.length > 30)).toEqual([]);
    });
    top.write('q');
    const { stdout } = await top.ended;
    expect(stdout.split(LEAVE_SCREEN)).toHaveLength(2);
    expect(stdout.split(LEAVE_SCREEN)[1]).toMatch(/ended with 0\r\n[^]* icanon /);
  });

  it.each(['SIGTERM', 'SIGHUP'] as const)('has the terminal back after %s', async (signal) => {
    const top = onTerminal('banyan-cli top');
    await top.says('worker-1');
    await laptop.output(['kill', `-${signal.slice(3)}`, word(top, 'process')]);
    const { stdout } = await top.ended;
    expect(stdout.split(LEAVE_SCREEN)[1]).toMatch(/ended with 0\r\n[^]* icanon /);
  });

  it('watches without colours where NO_COLOR says so, until Ctrl-C', async () => {
    const top = onTerminal('banyan-cli top', { NO_COLOR: '1' });
    await top.says('worker-1');
    top.write('\x03');
    const { stdout } = await top.ended;
    // eslint-disable-next-line no-control-regex -- colours are control sequences
    expect(stdout).not.toMatch(/\x1b\[[0-9;]*m/);
    expect(stdout).toContain('ended with 0');
  });

  it('sees one table, and nothing that moves a cursor, where the terminal is dumb', async () => {
    const { stdout } = await onTerminal('banyan-cli top', { TERM: 'dumb' }).ended;
    expect(stdout).toMatch(/worker-1 +- +worker-3 +down[^]*ended with 0/);
    expect(stdout).not.toContain('\x1b');
  });

  it('reads for how long nothing answers, and goes on when something does', async () => {
    const top = onTerminal('banyan-cli top');
    await top.says('worker-1');
    await network.daemon.signal('SIGSTOP');
    await top.says(/no answer for \d+ s/);
    await network.daemon.signal('SIGCONT');
    const stopped = top.stdout.length;
    await untilHolds(() => {
      const last = stripVTControlCharacters(top.stdout.slice(stopped).split('\x1b[H').at(-1)!);
      expect(last).toMatch(/^\d\d:\d\d:\d\d {3}3 agents/);
    });
    top.write('q');
    expect((await top.ended).stdout).toContain('ended with 0');
  });

  it('has the mesh drawn as text, for Mermaid and as SVG', async () => {
    await look(
      ['banyan-cli', 'graph'],
      /^ 1 worker-1 .*\n 2 worker-2 .*\n 3 worker-3 [^]*^links: \d/m,
      (stdout) => {
        expect(stdout).toMatch(/^ 1 worker-1 {2}\. {2}\+ {2}x$/m);
        expect(stdout).toMatch(/^links: 1 up, 2 down$/m);
      },
    );
    await look(['banyan-cli', 'graph', '--format', 'mermaid'], /^ *n1\["worker-1\b.*"\]/m, (stdout) => {
      expect(stdout).toContain('n1["worker-1"]');
      expect(stdout).toContain('n1 -. down .- n3');
    });
    const draw = 'banyan-cli graph --format svg --output /run/mesh.svg; cat /run/mesh.svg';
    await look(['sh', '-e', '-c', draw], /^Written: .*\n<svg [^]*<\/svg>\n$/, (stdout) =>
      expect(stdout).toContain('<title>worker-1 - worker-3: down</title>'),
    );
    await look(['banyan-cli', 'graph', '--agent', 'worker-3', '--json'], JSON_OBJECT, (stdout) =>
      expect(JSON.parse(stdout)).toMatchObject({ links: [{ state: 'down' }, { state: 'down' }] }),
    );
    const unknown = await laptop.run(['banyan-cli', 'graph', '--agent', 'nobody']);
    expect(unknown).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('banyan-cli agents') as string,
    });
  });

  it('pings an agent: it answers, and the others say how they reach its host', async () => {
    await look(['banyan-cli', 'ping', 'worker-1', '--count', '2'], PINGED, (stdout) => {
      expect(stdout.match(/^worker-1 answers in [0-9.]+ ms \((tunnel|direct)\)$/gm)).toHaveLength(2);
      expect(stdout).toMatch(/^2 of 2 answered: /m);
      expect(stdout).toMatch(/^worker-2 +up +\d+ (?:s|min) ago +[0-9.]+ ms$/m);
      expect(stdout).toMatch(/^worker-3 +down +never +-$/m);
    });
  });

  it('has what came of it so far on Ctrl-C, and is told at once of a name that nobody has', async () => {
    const ping = ['banyan-cli', 'ping', 'worker-1', '--count', '900'];
    const interrupted = async () => {
      const pinging = laptop.spawn(ping);
      await pinging.says(/answers[^]*answers/);
      await pinging.signal('SIGINT');
      return pinging.ended;
    };
    const all = /^(\d+) of \1 answered: [^]*^worker-2 +up/m;
    await look(ping, PINGED, (stdout) => expect(stdout).toMatch(all), interrupted);
    const misspelt = await laptop.run(['banyan-cli', 'ping', 'worker-1', '--from', 'wroker-2']);
    expect(misspelt).toMatchObject({ exitCode: 1, stdout: '' });
    expect(misspelt.stderr).toMatch(/^Error: there is no agent wroker-2 to ask\nTry: /);
    expect((await laptop.run(['banyan-cli', 'ping', 'worker-1', '--from', 'worker-1'])).exitCode).toBe(2);
    const unread = await laptop.run(['bash', '-c', 'banyan-cli ping worker-1 --count 900 | head -1']);
    expect(unread).toMatchObject({ exitCode: 0, stderr: '' });
  });

  it('pings one whose agent has stopped: it does not answer, but its host is reached', async () => {
    await agents[1]!.stop();
    const ping = ['banyan-cli', 'ping', 'worker-2', '--count', '1'];
    await look(ping, PINGED, (stdout) => {
      expect(stdout).toMatch(/^worker-2 is offline: last seen \d+ (?:s|min) ago$/m);
      expect(stdout).toMatch(/^worker-1 +up +\d+ (?:s|min) ago +[0-9.]+ ms$/m);
    });
    await look([...ping, '--json'], JSON_OBJECT, (stdout) => {
      expect(JSON.parse(stdout)).toMatchObject({
        ...{ name: 'worker-2', state: 'offline', channel: null, round_trips_ms: [null], links_left_out: 0 },
        links: [
          { from: 'worker-1', state: 'up' },
          { from: 'worker-3', state: 'down', round_trip_ms: null },
        ],
      });
    });
    const status = await json<Status>(laptop, ['banyan-cli', 'status']);
    expect(status.agents).toMatchObject({ online: 2, offline: [{ name: 'worker-2' }] });
    expect(await laptop.output(['banyan-cli', 'status'])).toMatch(/^offline: +worker-2 for \d+ (?:s|min)$/m);
  });

  it('finds the keys that nobody has used, here and on the engine', async () => {
    await network.addClient('spare', await network.init('agent', laptop));
    for (const [host, command] of [
      [laptop, ['banyan-cli', 'clients']],
      [network.engine, ['banyan-engine', 'list-clients']],
    ] as const) {
      const all = await json<{ name: string; last_seen: string | null }[]>(host, [...command]);
      const seen = all.filter(({ last_seen: time }) => time !== null).map(({ name }) => name);
      expect(seen).toEqual(['cli-1', 'worker-1', 'worker-2', 'worker-3']);
      const unseen = await host.run([...command, '--unseen', '30d', '--json']);
      expect(JSON.parse(unseen.stdout)).toMatchObject([{ name: 'spare', last_seen: null }]);
      expect(unseen.stderr).toMatch(/^Warning: the engine remembers who was seen since .* only/m);
      expect(await host.output([...command])).toMatch(/^spare +admitted +any +never /m);
    }
  });

  it('has how many were answered on Ctrl-C at once, also while the engine hangs', async () => {
    const pinging = onTerminal('banyan-cli ping worker-1 --count 900');
    await pinging.says('answers');
    await network.daemon.signal('SIGSTOP');
    try {
      // So that a call is under way.
      await pinging.says(/Asking worker-1: \d+ s/);
      pinging.write('\x03');
      await pinging.says(/\d+ of \d+ answered/);
    } finally {
      await network.daemon.signal('SIGCONT');
    }
    await pinging.ended;
  });

  it('has the terminal back with the reason when the engine lets nobody in any more', async () => {
    const top = onTerminal('banyan-cli top');
    await top.says('worker-1');
    await network.engine.output(['banyan-engine', 'remove-client', '--name', 'cli-1', '--wait', '1s']);
    const { stdout } = await top.ended;
    expect(stdout.split(LEAVE_SCREEN)[1]).toMatch(/Error: [^]*ended with 1\r\n[^]* icanon /);
  });

  it('is told once why no path leads to an engine that is away, and what to do', async () => {
    await network.daemon.stop();
    const { exitCode, stderr } = await laptop.run(['banyan-cli', 'agents']);
    expect(exitCode).toBe(1);
    expect(stderr.match(/connection refused/g)).toHaveLength(1);
    expect(stderr).toMatch(/^Try: `banyan-cli doctor`/m);
  });
});
