import fc from 'fast-check';
import { foremost } from './foremost.js';

const list = (name: string, count: number) => Array.from({ length: count }, (_, n) => `${name}${n}`);

describe('the foremost of two lists', () => {
  it.each([
    ['all, where there is room', 2, 3, 9, 2, 3],
    ['half of each, where both are long', 9, 9, 6, 3, 3],
    ['what the other list leaves', 9, 1, 6, 5, 1],
    ['what the other list leaves, the other way round', 1, 9, 6, 1, 5],
    ['the first list, where there is room for one', 9, 9, 1, 1, 0],
    ['nothing, where there is no room', 9, 9, 0, 0, 0],
  ])('are %s', (_, down, up, most, downs, ups) => {
    expect(foremost(list('d', down), list('u', up), most)).toEqual({
      links: [...list('d', downs), ...list('u', ups)],
      leftOutDown: down - downs,
      leftOutUp: up - ups,
    });
  });

  it('fill the room, and count what they leave out', () => {
    fc.assert(
      fc.property(fc.nat(30), fc.nat(30), fc.nat(40), (down, up, most) => {
        const { links, leftOutDown, leftOutUp } = foremost(list('d', down), list('u', up), most);
        expect(links).toHaveLength(Math.min(most, down + up));
        expect(links.length + leftOutDown + leftOutUp).toBe(down + up);
      }),
    );
  });
});
