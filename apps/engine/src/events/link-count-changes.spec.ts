import { LinkCountChanges } from './link-count-changes.js';

const of = (up: number, wanted: number) => ({ up, wanted });

describe('what agents say of their links', () => {
  let changes: LinkCountChanges;
  beforeEach(() => (changes = new LinkCountChanges()));

  it('is told of one by its name', () => {
    changes.counted('worker-1', of(3, 3), of(2, 3));
    expect(changes.take()).toEqual([{ event: 'link.down', name: 'worker-1', sentence: '2 of 3 links up' }]);
    changes.counted('worker-1', of(2, 3), of(3, 3));
    expect(changes.take()).toEqual([{ event: 'link.up', name: 'worker-1', sentence: '3 of 3 links up' }]);
    expect(changes.take()).toEqual([]);
  });

  it('is one line when a host that is gone takes a link from every other', () => {
    for (let number = 1; number <= 999; number++)
      changes.counted(`worker-${number}`, of(998, 998), of(997, 998));
    const [news, ...more] = changes.take();
    expect(more).toEqual([]);
    expect(news).toMatchObject({
      event: 'link.down',
      sentence: expect.stringMatching(
        /^999 agents have fewer links up: worker-1 \(997 of 998\), .*, and 994 more$/,
      ) as string,
    });
  });

  it('is nothing when a link was only away for a moment', () => {
    changes.counted('worker-1', of(3, 3), of(2, 3));
    changes.counted('worker-1', of(2, 3), of(3, 3));
    expect(changes.take()).toEqual([]);
  });

  it('is nothing at first, nor when a peer comes or is no peer any more', () => {
    changes.counted('worker-1', undefined, of(0, 3));
    changes.counted('worker-2', of(3, 3), of(3, 4));
    changes.counted('worker-3', of(3, 3), of(2, 2));
    expect(changes.take()).toEqual([]);
  });
});
