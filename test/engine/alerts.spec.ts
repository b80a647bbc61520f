import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Subject } from 'rxjs';
import { Subnet } from '#network';
import { SILENT } from '#log';
import { MetricsEndpoint } from '#metrics';
import { generateKey } from '#crypto/generate';
import { agentFigures } from '../../apps/agent/src/metrics/agent-figures.js';
import { openSession } from '../../apps/agent/src/session.js';
import { checkoutRoot } from '../lab/checkout.js';
import { until } from '../lab/until.js';
import { runningEngine, type RunningEngine } from './running-engine.js';

/** The rules as they are, but for how long something has to last: minutes, which nobody waits for here. */
const RULES = readFileSync(join(checkoutRoot(), 'packaging/prometheus/banyan.rules.yml'), 'utf8').replace(
  /^ +for: \d+m\n/gm,
  '',
);

describe('the alert rules, with Prometheus on a live engine', () => {
  let directory: string;
  let engine: RunningEngine;
  let prometheus: ChildProcess;
  let at: string;
  const agent = {
    board: { channel: 'tunnel' as string | null },
    keeper: { passes: new Subject() },
    follower: { view: { error: undefined as unknown, refused: '', held: false } },
    observer: { links: [], count: { up: 0, wanted: 0 } },
    containers: { error: undefined },
  };
  let endpoint: MetricsEndpoint;
  let stopped = false;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'banyan-alerts-'));
    engine = await runningEngine('local', {
      metricsListen: { host: '127.0.0.1', port: 0 },
      vpcCidr: Subnet.parse('10.201.0.0/23'),
    });
    endpoint = new MetricsEndpoint(
      { host: '127.0.0.1', port: 0 },
      agentFigures(agent as unknown as Parameters<typeof agentFigures>[0]),
      SILENT,
    );
    endpoint.open();
    await until(() => endpoint.port !== undefined && engine.metricsPort !== undefined);
    writeFileSync(join(directory, 'rules.yml'), RULES);
    const job = (name: string, port: number) =>
      `{ job_name: ${name}, static_configs: [{ targets: ['127.0.0.1:${port}'] }] }`;
    writeFileSync(
      join(directory, 'prometheus.yml'),
      [
        'global: { scrape_interval: 200ms, evaluation_interval: 200ms }',
        'rule_files: [rules.yml]',
        `scrape_configs: [${job('banyan-engine', engine.metricsPort!)}, ${job('banyan-agent', endpoint.port!)}]`,
      ].join('\n'),
    );
    prometheus = spawn(
      'prometheus',
      [
        `--config.file=${join(directory, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(directory, 'data')}`,
        '--web.listen-address=127.0.0.1:0',
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    let said = '';
    prometheus.stderr!.setEncoding('utf8').on('data', (text: string) => (said += text));
    const address = () => /"Listening on" address=(\S+)/.exec(said)?.[1];
    at = `http://${await until(address, { what: 'Prometheus says where it listens' })}`;
    await until(async () => (await fetch(`${at}/-/ready`)).ok, { what: 'Prometheus is ready' });
  });

  afterAll(async () => {
    prometheus?.kill('SIGKILL');
    if (prometheus) await once(prometheus, 'exit');
    await endpoint?.close();
    if (!stopped) await engine?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  /** @returns the alerts that fire, with what they are about. */
  async function firing(): Promise<string[]> {
    const { data } = (await (await fetch(`${at}/api/v1/alerts`)).json()) as {
      data: { alerts: { state: string; labels: Record<string, string> }[] };
    };
    return (
      data.alerts
        // How long this machine takes for what is written is not what is looked at here.
        .filter(({ state, labels }) => state === 'firing' && labels['alertname'] !== 'BanyanStoreSlow')
        .map(({ labels }) =>
          [labels['alertname'], labels['agent'] ?? labels['kind']].filter(Boolean).join(' '),
        )
    );
  }
  const untilFiring = (...alerts: string[]) =>
    until(async () => expect([...new Set(await firing())].sort()).toEqual([...alerts].sort()) ?? true, {
      what: `these fire, and no others: ${alerts.join(', ')}`,
    });
  /** There is none in this engine. */
  const TUNNEL = 'BanyanControlTunnelDown';

  it('fire for what happens, name whom it concerns, and are silent again when it is mended', async () => {
    await untilFiring(TUNNEL);
    const [one, two] = [generateKey(), generateKey()];
    engine.drop('worker-1', one);
    engine.drop('worker-2', two);
    const sessions = await Promise.all(
      [one, two].map(async (key) => {
        const reported = { wgPort: 51_820, hostIp: undefined };
        const connection = await until(() => engine.connect(key));
        // Its file may not have been read yet.
        return until(() => openSession(connection, reported, { hostRoutes: [], subnet: '' }));
      }),
    );
    // Both subnets that there are; and it says that its link is down.
    sessions[0]!.out.put({ $case: 'linkCount', value: { up: 0, wanted: 1 } });
    await untilFiring(TUNNEL, 'BanyanSubnetsRunOut', 'BanyanLinksDown worker-1');
    // A link to a host that is away is no news of every other: the host is.
    sessions[1]!.close();
    await untilFiring(TUNNEL, 'BanyanSubnetsRunOut', 'BanyanAgentOffline worker-2');

    renameSync(engine.keysDir, `${engine.keysDir}.away`);
    await untilFiring(
      ...[TUNNEL, 'BanyanSubnetsRunOut', 'BanyanAgentOffline worker-2', 'BanyanKeysDirectoryUnreadable'],
    );
    renameSync(`${engine.keysDir}.away`, engine.keysDir);
    await untilFiring(TUNNEL, 'BanyanSubnetsRunOut', 'BanyanAgentOffline worker-2');

    writeFileSync(join(engine.keysDir, 'worker-3.pub'), 'no key\n');
    await untilFiring(
      ...[TUNNEL, 'BanyanSubnetsRunOut', 'BanyanAgentOffline worker-2', 'BanyanClientNotAdmitted'],
    );
    engine.remove('worker-3');
    await untilFiring(TUNNEL, 'BanyanSubnetsRunOut', 'BanyanAgentOffline worker-2');

    // The other agent does not say that it knows, for as long as it is waited for. Who is revoked is not missed.
    sessions[0]!.out.put({ $case: 'linkCount', value: { up: 0, wanted: 0 } });
    engine.remove('worker-2');
    await untilFiring(TUNNEL, 'BanyanSubnetsRunOut', 'BanyanRevocationSlow');
    for (const session of sessions) session.close();
  });

  it('fire for what an agent has, and for an engine that is away', async () => {
    agent.board.channel = null;
    agent.follower.view = { error: new Error('no'), refused: '', held: true };
    agent.keeper.passes.next({ milliseconds: 1, repairs: 40, failed: true });
    const wanted = [
      ...['BanyanAgentNotConnected', 'BanyanNetworkProblem error', 'BanyanNetworkProblem held'],
      'BanyanRepairsGoOn',
    ];
    await until(async () => expect(await firing()).toEqual(expect.arrayContaining(wanted)) ?? true, {
      what: `these fire: ${wanted.join(', ')}`,
    });
    await engine.stop();
    stopped = true;
    await until(async () => (await firing()).includes('BanyanEngineDown'), {
      what: 'the engine is missed',
    });
  });
});
