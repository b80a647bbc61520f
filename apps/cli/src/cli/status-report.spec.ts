import { Agent } from '#protocol';
import { agentsReport, operatorText, type OperatorReport } from './status-report.js';

const REVISION = 3 * 2 ** 32 + 17;
const HOUR = 3_600_000;

const report: OperatorReport = {
  channel: 'tunnel',
  identity: 'cli-1',
  round_trip_ms: 1.2,
  engine: {
    host: '192.168.1.10',
    port: 50051,
    version: '0.1.0',
    public_key: 'key',
    fingerprint: 'SHA256:x',
    key_confirmed: true,
  },
  tunnel: { up: true, detail: '' },
  agents: { online: 3, total: 3, offline: [], behind: [] },
  links: { wanted: 3, up: 3, down: 0, not_up: [] },
  network: { vpc_cidr: '10.201.0.0/16', subnets_used: 3, subnets_total: 256, revision: REVISION },
  whitelist: {
    ...{ admitted: 4, invalid: 0, duplicate: 0, conflict: 0, expired: 0, pending: 0, error: null },
  },
  warnings: [],
};

describe('what an operator reads', () => {
  it('is path, identity, engine, key, round trip and the network, short while all is well', () => {
    expect(operatorText(report)).toBe(
      [
        'path:       tunnel',
        'identity:   cli-1',
        'engine:     192.168.1.10 port 50051, version 0.1.0',
        'engine key: SHA256:x',
        'round trip: 1.2 ms',
        'agents:     3 of 3 online',
        'links:      3 of 3 up',
        'subnets:    3 of 256 of 10.201.0.0/16 in use',
        'whitelist:  4 admitted',
      ].join('\n'),
    );
  });

  it('names what is not well, the first few of many', () => {
    const offline = Array.from({ length: 7 }, (_, n) => ({ name: `w${n}`, last_seen_ms: HOUR * (10 - n) }));
    const text = operatorText(
      {
        ...report,
        agents: {
          online: 3,
          total: 10,
          offline: [...offline.slice(0, 2), { name: 'new', last_seen_ms: null }, ...offline.slice(2)],
          behind: [
            { name: 'slow', applied_revision: REVISION - 2, refused: null },
            { name: 'odd', applied_revision: null, refused: 'subnets overlap' },
          ],
        },
        links: {
          wanted: 45,
          up: 30,
          down: 12,
          not_up: [
            { a: 'w0', b: 'w1', state: 'down' },
            { a: 'w0', b: 'w2', state: 'one-sided' },
          ],
        },
        whitelist: { ...report.whitelist, invalid: 1, expired: 2, pending: 1, error: 'it is away' },
      },
      12 * HOUR,
    );
    expect(text.split('\n').slice(5)).toEqual([
      'agents:      3 of 10 online',
      'offline:     w0 for 2 h, w1 for 3 h, new, never seen, w2 for 4 h, w3 for 5 h, and 3 more',
      'behind 3.17: slow (3.15), odd (none yet: subnets overlap)',
      'links:       30 of 45 up, 3 unknown',
      'down:        w0 - w1, w0 - w2 (one-sided), and 10 more',
      'subnets:     3 of 256 of 10.201.0.0/16 in use',
      'whitelist:   4 admitted, 1 invalid, 2 expired',
      'error:       it is away',
      'pending:     1 key not on it: `banyan-engine pending` on the engine',
    ]);
  });

  it('says why the path is not the tunnel', () => {
    const text = operatorText({ ...report, channel: 'direct', tunnel: { up: false, detail: 'needs root' } });
    expect(text).toContain('path:       direct (tunnel: needs root)');
    expect(operatorText({ ...report, channel: 'direct' })).toContain('direct (tunnel: it does not answer)');
  });

  it('says that a key is only trusted, and which it is', () => {
    const text = operatorText({ ...report, engine: { ...report.engine, key_confirmed: false } });
    expect(text).toMatch(/^engine key: +unconfirmed \(first use\)\nfingerprint: +SHA256:x$/m);
  });
});

describe('the agents of a report', () => {
  it('are those that are away, the last to leave first, and those that are here and behind', () => {
    const agent = (name: string, said: Partial<Agent>) => Agent.fromPartial({ name, ...said });
    const agents = [
      agent('first gone', { state: 'offline', lastSeenMs: 1 }),
      agent('last gone', { state: 'offline', lastSeenMs: 2 }),
      agent('well', { state: 'online', appliedRevision: REVISION }),
      agent('behind', { state: 'online', appliedRevision: REVISION - 1 }),
      agent('refuses', { state: 'online', refused: 'no' }),
    ];
    expect(agentsReport({ agentsOnline: 3, agentsTotal: 5 }, { agents, revision: REVISION })).toEqual({
      online: 3,
      total: 5,
      offline: [
        { name: 'last gone', last_seen_ms: 2 },
        { name: 'first gone', last_seen_ms: 1 },
      ],
      behind: [
        { name: 'behind', applied_revision: REVISION - 1, refused: null },
        { name: 'refuses', applied_revision: null, refused: 'no' },
      ],
    });
  });
});
