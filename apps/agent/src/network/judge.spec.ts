import { Subnet } from '#network';
import { built, described, OWN, sent } from '../testing/sample-network.js';
import { amendedBy } from './described.js';
import { judge } from './judge.js';

const known = built(described([sent(1), sent(2)]));
const names = (network: { peers: readonly { name: string }[] } | undefined) =>
  network?.peers.map(({ name }) => name);

describe('what an agent makes of the network that its engine describes', () => {
  it('is that network, at first and when it continues the last one', () => {
    expect(judge(undefined, described([sent(1)]), [])).toMatchObject({ refused: '', held: false });
    const next = judge(known, described([sent(1)], { revision: 11 }), []);
    expect(names(next.network)).toEqual(['worker-1']);
    expect(next).toMatchObject({ refused: '', held: false });
  });

  it.each([
    ['another store that lacks a peer', described([sent(1)], { storeId: 'other', revision: 99 })],
    ['an older state of the same store that lacks a peer', described([sent(1)], { revision: 9 })],
    [
      'another store that gives a peer another subnet',
      described([sent(1), sent(2, { subnet: '10.201.9.0/24' })], { storeId: 'other' }),
    ],
    [
      'another store that gives this agent another subnet',
      described([sent(1), sent(2)], { storeId: 'other', subnet: '10.201.9.0/24' }),
    ],
  ])('is the last good one while nobody has confirmed %s', (_, next) => {
    expect(judge(known, next, [])).toEqual({ network: known, refused: '', held: true });
    const confirmed = judge(known, { ...next, adopted: true }, []);
    expect(confirmed).toMatchObject({ held: false, network: { storeId: next.storeId } });
  });

  it('is another store’s network without a question when nobody loses by it', () => {
    const next = judge(known, described([sent(1), sent(2), sent(3)], { storeId: 'other' }), []);
    expect(next.held).toBe(false);
    expect(names(next.network)).toEqual(['worker-1', 'worker-2', 'worker-3']);
  });

  it('keeps its peers when a store that nobody has confirmed has no subnet for this agent', () => {
    const empty = described([], { storeId: 'other', subnet: '' });
    const kept = judge(known, empty, []);
    expect(kept.network).toBe(known);
    expect(kept.refused).toContain('no subnet');
    expect(names(judge(known, { ...empty, adopted: true }, []).network)).toEqual([]);
  });

  it('lacks who is revoked while it is held', () => {
    const other = described([sent(1), sent(3)], { storeId: 'other' });
    const delta = { base: 10, revision: 11, changed: [], removed: [sent(1).publicKey], adopted: false };
    const next = judge(known, amendedBy(delta, other, OWN), []);
    expect(next.held).toBe(true);
    expect(names(next.network)).toEqual(['worker-2']);
  });

  it.each([
    ['subnets that overlap', [sent(1), sent(3, { subnet: '10.201.1.128/25' })], 'overlap'],
    ['a subnet outside vpc_cidr', [sent(1), sent(3, { subnet: '10.9.0.0/24' })], 'outside vpc_cidr'],
  ])('is the last good one, without who is gone, for %s', (_, peers, why) => {
    const next = judge(known, described(peers, { revision: 11 }), []);
    expect(next.refused).toContain(why);
    expect(names(next.network)).toEqual(['worker-1']);
  });

  it('is the last good one when a route of this host is in the way', () => {
    const next = judge(known, described([sent(1), sent(2)], { revision: 11 }), [
      Subnet.parse('10.201.77.0/24'),
    ]);
    expect(next).toMatchObject({ network: known, held: false });
    expect(next.refused).toContain('covers 10.201.77.0/24, which this host routes itself');
  });

  it('is the last good one when there is no subnet for this agent', () => {
    expect(judge(known, described([sent(1)], { subnet: '', revision: 11 }), [])).toMatchObject({
      refused: 'the engine has no subnet for this agent',
      network: { peers: [{ name: 'worker-1' }] },
    });
    expect(judge(undefined, described([sent(1)], { subnet: '' }), []).network).toBeUndefined();
  });
});
