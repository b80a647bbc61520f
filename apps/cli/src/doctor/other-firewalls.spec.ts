import { forwardDropsIn, inputDropsIn } from './other-firewalls.js';

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

describe('other firewalls on the way of what comes in', () => {
  const INPUT = { hook: 'input', policy: 'drop' };
  const match = (left: object, right: unknown) => ({ match: { op: '==', left, right } });
  const dport = (protocol: string, right: unknown) => match({ payload: { protocol, field: 'dport' } }, right);
  const isShut = (...exprs: object[][]) => {
    const rules = exprs.map((expr) => rule('f', 'user', ...expr));
    return inputDropsIn(ruleset(chain('f', 'in', INPUT), ...rules))[0]!.shutTo('udp', 51_820);
  };
  const ACCEPT = { accept: null };

  it.each<[string, object[]]>([
    ['nothing', []],
    ['what is established', [match({ ct: { key: 'state' } }, { set: ['established'] }), ACCEPT]],
    ['loopback', [match({ meta: { key: 'iifname' } }, 'lo'), ACCEPT]],
    ['another port', [dport('udp', 51_821), ACCEPT]],
    ['that port of another protocol', [dport('tcp', 51_820), ACCEPT]],
    ['other ports', [dport('udp', { set: [1, { range: [2, 51_819] }] }), ACCEPT]],
    ['nothing, and drops that port', [dport('udp', 51_820), { drop: null }]],
  ])('are shut to a port when they accept %s', (_, expr) => {
    expect(isShut(expr)).toBe(true);
  });

  it.each<[string, object[]]>([
    ['it', [dport('udp', 51_820), { counter: { packets: 0 } }, ACCEPT]],
    ['it of either protocol', [dport('th', 51_820), ACCEPT]],
    ['a range it is in', [dport('udp', { set: [1, { range: [50_000, 52_000] }] }), ACCEPT]],
    ['what is in a set that has a name', [dport('udp', '@open'), ACCEPT]],
    ['several ports, as iptables has them', [{ xt: { type: 'match', name: 'multiport' } }, ACCEPT]],
    ['everything', [ACCEPT]],
    ['whatever comes from somewhere', [match({ payload: { protocol: 'ip', field: 'saddr' } }, 'x'), ACCEPT]],
    ['whatever comes by an interface', [match({ meta: { key: 'iifname' } }, 'eth1'), ACCEPT]],
  ])('are taken to be open when they accept %s', (_, expr) => {
    expect(isShut(expr)).toBe(false);
  });

  it('are named when they drop something, and are shut only when they drop the rest', () => {
    const drops = inputDropsIn(
      ruleset(
        chain('some', 'in', { hook: 'input' }),
        rule('some', 'in', dport('udp', 1), { drop: null }),
        rule('some', 'in', ACCEPT),
        chain('open', 'in', { hook: 'input' }),
        chain('banyan_network', 'in', INPUT),
      ),
    );
    expect(drops.map((drop) => [drop.chain, drop.shutTo('udp', 2)])).toEqual([['inet some in', false]]);
  });
});
