import { forwardDropsIn } from './forward-drops.js';

const chain = (table: string, name: string, more: object = {}) => ({
  chain: { family: 'inet', table, name, type: 'filter', hook: 'forward', prio: 0, policy: 'accept', ...more },
});
const rule = (table: string, name: string, ...expr: object[]) => ({
  rule: { family: 'inet', table, chain: name, expr },
});
const ruleset = (...objects: object[]) =>
  JSON.stringify({ nftables: [{ metainfo: { json_schema_version: 1 } }, ...objects] });
const NAMES_US = { match: { op: '==', left: { meta: { key: 'iifname' } }, right: 'banyan0' } };

describe('other firewalls on the way of what is forwarded', () => {
  it('are named when they drop by policy or by a last rule without a condition', () => {
    const drops = forwardDropsIn(
      ruleset(
        chain('filter', 'forward', { policy: 'drop' }),
        chain('firewalld', 'filter_FORWARD'),
        rule('firewalld', 'filter_FORWARD', { accept: null }),
        rule('firewalld', 'filter_FORWARD', { counter: { packets: 1 } }, { reject: { type: 'icmpx' } }),
      ),
    );
    expect(drops).toEqual([
      { chain: 'inet filter forward', knowsUs: false },
      { chain: 'inet firewalld filter_FORWARD', knowsUs: false },
    ]);
  });

  it('know us when a rule names the bridge or jumps to the chain that accepts it, also in a chain of their own', () => {
    const drops = forwardDropsIn(
      ruleset(
        chain('filter', 'FORWARD', { policy: 'drop' }),
        rule('filter', 'ufw-user-forward', NAMES_US, { accept: null }),
        chain('docker', 'FORWARD', { policy: 'drop' }),
        rule('docker', 'FORWARD', { jump: { target: 'DOCKER-USER' } }),
      ),
    );
    expect(drops.map(({ knowsUs }) => knowsUs)).toEqual([true, true]);
  });

  it('are not those that accept, drop something only, look at other packets or are ours', () => {
    const drops = forwardDropsIn(
      ruleset(
        chain('open', 'forward'),
        rule('open', 'forward', NAMES_US, { drop: null }),
        chain('filter', 'input', { hook: 'input', policy: 'drop' }),
        chain('v6', 'forward', { family: 'ip6', policy: 'drop' }),
        chain('banyan_network', 'forward', { policy: 'drop' }),
      ),
    );
    expect(drops).toEqual([]);
  });

  it('cannot be told from what is no JSON', () => {
    expect(() => forwardDropsIn('table inet filter {')).toThrow(/cannot be understood/);
  });
});
