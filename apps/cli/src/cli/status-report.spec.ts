import { operatorText, type OperatorReport } from './status-report.js';

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
  agents: { online: 1, total: 2 },
};

describe('what an operator reads', () => {
  it('is path, identity, engine, key, round trip and agents', () => {
    expect(operatorText(report)).toBe(
      [
        'path:       tunnel',
        'identity:   cli-1',
        'engine:     192.168.1.10 port 50051, version 0.1.0',
        'engine key: SHA256:x',
        'round trip: 1.2 ms',
        'agents:     1 of 2 online',
      ].join('\n'),
    );
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
