import { until, type Account, type Host } from '../lab/index.js';
import { everyoneIsBack } from './mesh-network.js';
import { agentIs, json, operatorGoes, operatorStatus, PrivateNetwork } from './private-network.js';
import { toolbox } from './toolbox.js';

/** A tool that is itself until its arguments are these, a pattern of sh(1); then it fails. */
const failsAt = (words: string): string =>
  `case "$*" in ${words}) echo 'out of order' >&2; exit 1 ;; esac\nexec $REAL "$@"`;
const BROKEN = '/run/tool-broke';
/** A `wg` that fails for good after it has set the key. */
const BREAKS = `[ -e ${BROKEN} ] && { echo 'out of order' >&2; exit 1; }
case "$*" in *private-key*) $REAL "$@" && : >${BROKEN} ;; *) exec $REAL "$@" ;; esac`;

interface EngineReport {
  readonly tunnel: { readonly up: boolean; readonly detail: string };
  readonly warnings: readonly string[];
}

describe('an engine on a host whose tools', () => {
  let network: PrivateNetwork;
  let engine: Host;
  let laptop: Host;
  let user: Account;
  let worker: Host;
  let number = 0;

  beforeAll(async () => {
    network = await PrivateNetwork.create('missing-tools');
    engine = network.engine;
    await network.startEngine();
    laptop = await network.host('cli', 'laptop', { name: 'cli-1' });
    user = await laptop.asUser(2000);
    await network.join('cli', user as Host, { name: 'cli-2' });
    worker = await network.host('agent', 'worker-1');
    await network.startAgent(worker);
    await stopEngine();
  });
  afterEach(stopEngine);
  afterAll(() => network?.destroy());

  async function stopEngine(): Promise<void> {
    await network.daemon.stop();
    await engine.output(['banyan-engine', 'down']);
    // What a failed test has left would be in the way of the next.
    await engine.run(['ip', 'link', 'delete', 'dev', 'wg-control']);
    await engine.removeFile(BROKEN);
  }

  async function startWith(tools: Readonly<Record<string, string | undefined>>): Promise<EngineReport> {
    number += 1;
    await network.startEngine(await toolbox(engine, `tools-${number}`, tools));
    return json<EngineReport>(engine, ['banyan-engine', 'status']);
  }

  /** What of a tunnel there is on the engine's host. */
  async function left(): Promise<string[]> {
    const seen = [
      ['ls', '/sys/class/net'],
      ['pgrep', '-l', 'wireguard-go'],
      ['sh', '-c', 'ls /run/wireguard 2>/dev/null'],
      ['nft', 'list', 'tables'],
      ['ip', 'route', 'show', 'proto', '201'],
    ];
    const outputs = await Promise.all(seen.map((command) => engine.run(command)));
    const words = outputs.flatMap(({ stdout }) => stdout.split('\n'));
    return words.filter((line) => line !== '' && line !== 'lo' && line !== 'eth0');
  }

  it.each<[string, Record<string, string | undefined>, RegExp]>([
    ['`ip` is missing', { ip: undefined }, /`ip` is not installed.*apt-get install iproute2/],
    ['`wg` is missing', { wg: undefined }, /`wg` is not installed.*apt-get install wireguard-tools/],
    [
      '`wg` fails to set the key',
      { wg: failsAt('*private-key*') },
      /cannot set the private key.*out of order; the new interface wg-control was removed again/,
    ],
    [
      '`wg` fails to set the peers',
      { wg: failsAt('*addconf*') },
      /cannot add the peer.*out of order; the new interface wg-control was removed again/,
    ],
    [
      '`wg` fails for good once it has set the key',
      { wg: BREAKS },
      /out of order; the new interface wg-control was removed again/,
    ],
    [
      '`ip` fails to bring the interface up',
      { ip: failsAt('*-batch*') },
      /out of order.*wg-control.*removed again/,
    ],
    [
      '`ip` fails to label the interface',
      { ip: failsAt('*alias*') },
      /out of order; wg-control and its rules were removed again/,
    ],
  ])('are such that %s, leaves nothing of a tunnel, says so, and serves by TCP', async (_, tools, said) => {
    const { tunnel } = await startWith(tools);
    expect(tunnel.up).toBe(false);
    await network.daemon.says(said);
    // It tries again every ten seconds, and may be at it.
    await until(async () => (await left()).length === 0, { what: 'nothing of a tunnel is left' });
    expect(await operatorStatus(user)).toMatchObject({ channel: 'direct', identity: 'cli-2' });
  });

  it.each([
    ['is missing', undefined, /`nft` is not installed.*apt-get install nftables/],
    ['fails to load rules', failsAt('*-f*'), /out of order/],
  ])('are such that `nft` %s, has a tunnel whose plain callers are refused', async (_, nft, said) => {
    // Its tunnel is one to an engine that has been.
    await laptop.output(['banyan-cli', 'disconnect']);
    const { tunnel, warnings } = await startWith({ nft });
    expect(tunnel).toEqual({ up: true, detail: expect.stringMatching(said) as string });
    expect(warnings).toEqual([expect.stringMatching(/plain calls through the tunnel are refused/)]);
    expect(await left()).not.toContainEqual(expect.stringContaining('table'));
    expect(await operatorGoes(laptop, 'tunnel')).toMatchObject({ identity: 'cli-1' });
  });

  it('are out of order serves agents by TCP', async () => {
    await startWith({ wg: failsAt('*private-key*') });
    await everyoneIsBack(laptop, [{ host: worker }]);
    await agentIs(worker, { state: 'connected', channel: 'direct' });
  });
});
