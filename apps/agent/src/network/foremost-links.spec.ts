import fc from 'fast-check';
import { foremostLinks } from './foremost-links.js';

const link = (publicKey: string, up: boolean, latestHandshakeMs = 0) => ({
  publicKey,
  up,
  latestHandshakeMs,
});

describe('the foremost links of a host', () => {
  it('are those that are down, the longest first, then those that carry most', () => {
    const links = [link('idle', true), link('late', false, 9), link('busy', true), link('never', false)];
    const growth = new Map([
      ['busy', 7],
      ['idle', 1],
    ]);
    const keys = (most: number) => foremostLinks(links, growth, most).map(({ publicKey }) => publicKey);
    expect(keys(9)).toEqual(['never', 'late', 'busy', 'idle']);
    expect(keys(3)).toEqual(['never', 'late', 'busy']);
  });

  it('leave out no link that is down for one that is up', () => {
    const anyLink = fc.record({ publicKey: fc.string(), up: fc.boolean(), latestHandshakeMs: fc.nat() });
    fc.assert(
      fc.property(fc.array(anyLink), fc.nat(20), (links, most) => {
        const chosen = foremostLinks(links, new Map(), most);
        expect(chosen).toHaveLength(Math.min(most, links.length));
        const down = links.filter(({ up }) => !up).length;
        expect(chosen.filter(({ up }) => !up)).toHaveLength(Math.min(most, down));
      }),
    );
  });
});
