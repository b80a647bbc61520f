import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { load } from 'js-yaml';
import { Subject } from 'rxjs';
import { generateKey } from '#crypto/generate';
import { agentFigures } from '../../apps/agent/src/metrics/agent-figures.js';
import { openSession } from '../../apps/agent/src/session.js';
import { checkoutRoot } from '../lab/checkout.js';
import { until } from '../lab/until.js';
import { runningEngine, type RunningEngine } from './running-engine.js';

const RULES = join(checkoutRoot(), 'packaging/prometheus/banyan.rules.yml');
const promtool = (...words: readonly string[]) => promisify(execFile)('promtool', words);

let engine: RunningEngine;
beforeAll(async () => {
  engine = await runningEngine('local', { metricsListen: { host: '127.0.0.1', port: 0 } });
});
afterAll(() => engine.stop());

async function scraped(): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${engine.metricsPort}/metrics`);
  expect(answer.status).toBe(200);
  return answer.text();
}

/** The figure whose line begins so; undefined without one. */
const figure = (text: string, series: string): number | undefined => {
  const line = text.split('\n').find((each) => each.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length));
};

describe('the metrics of an engine', () => {
  it('follow agents, the network, calls and refusals', async () => {
    const [one, two] = [generateKey(), generateKey()];
    engine.drop('worker-1', one);
    engine.drop('worker-2', two);
    await until(async () => figure(await scraped(), 'banyan_whitelist_entries{state="admitted"}') === 2, {
      what: 'both files are read',
    });
    const connection = await engine.connect(one);
    const session = await openSession(
      connection,
      { wgPort: 51_820, hostIp: undefined },
      { hostRoutes: [], subnet: '' },
    );
    let storeId = '';
    session.read((message) => {
      if (message?.$case === 'snapshot') storeId = message.value.storeId;
      else if (message?.$case !== 'delta') return;
      const { revision } = message.value;
      session.out.put({ $case: 'ack', value: { storeId, revision, refused: '', held: false } });
      session.out.put({ $case: 'linkCount', value: { up: 0, wanted: 0 } });
    });
    const refused = await engine.connect(generateKey());
    await expect(refused.call('status', {})).rejects.toThrow(/whitelist/);

    await until(async () => (figure(await scraped(), 'banyan_propagation_seconds_count') ?? 0) > 0, {
      what: 'an acknowledgement is timed',
    });
    const expected: Record<string, number> = {
      'banyan_rpcs_total{method="EngineService/Register",code="OK"}': 1,
      'banyan_rpcs_total{method="OperatorService/Status",code="UNAUTHENTICATED"}': 1,
      'banyan_refused_calls_total{reason="key not on the whitelist"}': 1,
      'banyan_agents{state="online"}': 1,
      'banyan_agent_online{agent="worker-1"}': 1,
      'banyan_agent_revision_lag_seconds{agent="worker-1"}': 0,
      'banyan_agent_links{agent="worker-1",kind="wanted"}': 0,
      'banyan_subnets{kind="leased"}': 1,
      'banyan_subnets{kind="all"}': 256,
      banyan_whitelist_readable: 1,
      banyan_control_tunnel_up: 0,
    };
    const text = await until(
      async () => {
        const text = await scraped();
        const shown = Object.keys(expected).map((series) => [series, figure(text, series)]);
        expect(Object.fromEntries(shown)).toEqual(expected);
        return text;
      },
      { what: 'the figures are those of what has happened' },
    );
    // Who was refused has a second to read why.
    expect([1, 2]).toContain(figure(text, 'banyan_connections{path="loopback"}'));
    expect(figure(text, 'banyan_store_seconds_count{operation="transact"}')).toBeGreaterThan(0);
    expect(text).toMatch(/^nodejs_eventloop_lag_p99_seconds /m);

    engine.remove('worker-1');
    await until(async () => figure(await scraped(), 'banyan_revocation_seconds_count') === 1, {
      what: 'the revocation is timed',
    });
    const counted = /^banyan_rpcs_total\{method="EngineService\/Sync",code="\w+"\} 1$/m;
    const after = await until(async () => counted.exec(await scraped())?.input, {
      what: 'the end of its stream is counted',
    });
    // Who is revoked is no agent that could be online.
    expect(figure(after, 'banyan_agent_online{agent="worker-1"}')).toBeUndefined();
    expect(figure(after, 'banyan_agents{state="offline"}')).toBe(0);
    session.close();
  });

  it('show no key', async () => {
    expect(await scraped()).not.toMatch(/[A-Za-z0-9+/]{43}=/);
  });
});

/** An agent's, of an agent that has a peer and does nothing. */
const figuresOfAgent = () =>
  agentFigures({
    board: { channel: null },
    keeper: { passes: new Subject() },
    follower: { view: { error: undefined, refused: '', held: false } },
    observer: { links: [LINK], count: { up: 1, wanted: 1 } },
    containers: { error: undefined },
  } as unknown as Parameters<typeof agentFigures>[0]);
const LINK = {
  ...{ name: 'worker-2', up: true, handshakeAgeMs: 1_500 },
  ...{ receivedBytes: 7, sentBytes: 9, roundTripUs: 250 },
};
const agentNames = async (): Promise<string[]> =>
  (await figuresOfAgent().getMetricsAsJSON()).map(({ name }) => name);
const engineNames = async (): Promise<string[]> =>
  [...(await scraped()).matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name!);

describe('the figures of either service', () => {
  it.each<[string, () => Promise<string>]>([
    ['engine', scraped],
    ['agent', () => figuresOfAgent().metrics()],
  ])('are named and typed as Prometheus wants them: %s', async (_, metrics) => {
    const check = promisify(execFile)('promtool', ['check', 'metrics']);
    check.child.stdin!.end(await metrics());
    expect(await check).toEqual({ stdout: '', stderr: '' });
  });

  it('of an agent say of a peer what WireGuard counts, each time it is asked', async () => {
    const figures = figuresOfAgent();
    await figures.metrics();
    const text = await figures.metrics();
    expect(text).toContain('# TYPE banyan_peer_received_bytes_total counter\n');
    expect(figure(text, 'banyan_peer_received_bytes_total{peer="worker-2"}')).toBe(7);
    expect(figure(text, 'banyan_peer_sent_bytes_total{peer="worker-2"}')).toBe(9);
    expect(figure(text, 'banyan_peer_handshake_age_seconds{peer="worker-2"}')).toBe(1.5);
  });
});

describe('docs/metrics.md', () => {
  it.each([
    ['Engine', engineNames],
    ['Agent', agentNames],
  ])('lists what there is: %s', async (heading, names) => {
    const text = readFileSync(join(checkoutRoot(), 'docs/metrics.md'), 'utf8');
    const section = text.split(/^## /m).find((part) => part.startsWith(heading))!;
    const listed = [...section.matchAll(/^\| `(banyan_\w+)`/gm)].map(([, name]) => name);
    expect(listed.sort()).toEqual((await names()).filter((name) => name.startsWith('banyan_')).sort());
  });
});

describe('the alert rules', () => {
  it('are what promtool takes, and fire when they should', async () => {
    const { stdout } = await promtool('check', 'rules', RULES);
    expect(stdout).toContain('SUCCESS');
    await promtool('test', 'rules', RULES.replace('.rules.yml', '.rules.test.yml'));
  });

  it('name figures that an engine or an agent has', async () => {
    const names = new Set([...(await engineNames()), ...(await agentNames())]);
    const { groups } = load(readFileSync(RULES, 'utf8')) as {
      groups: { rules: { alert: string; expr: string; annotations: { remedy?: string } }[] }[];
    };
    const rules = groups.flatMap((group) => group.rules);
    for (const { alert, expr, annotations } of rules) {
      for (const [name] of expr.matchAll(/banyan_\w+/g)) {
        expect([alert, names.has(name.replace(/_(sum|count|bucket)$/, ''))]).toEqual([alert, true]);
      }
      expect([alert, annotations.remedy]).toEqual([alert, expect.stringMatching(/./)]);
    }
    expect(rules.length).toBeGreaterThan(5);
  });
});
