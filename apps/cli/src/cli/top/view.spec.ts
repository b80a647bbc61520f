import fc from 'fast-check';
import { ListLinksResponse } from '#protocol';
import { pictureOf, type Picture } from './picture.js';
import { viewOf } from './view.js';

const NOW = Date.UTC(2027, 0, 31, 12, 3, 4);
const link = (a: string, b: string, state = 'up', more = {}) => ({ a, b, state, ...more });
const picture = (said: Parameters<typeof ListLinksResponse.fromPartial>[0], askedMs = 4): Picture =>
  pictureOf(ListLinksResponse.fromPartial(said), askedMs, NOW);
const whole = { width: 200, height: 50 };
const texts = (of: Picture, frame = whole) => viewOf(of, frame).map(({ text }) => text);

const three = picture({
  links: [
    link('worker-1', 'worker-3', 'down'),
    link('worker-1', 'worker-2', 'up', {
      latestHandshakeMs: NOW - 12_000,
      roundTripUs: 840,
      aToB: 1_572_864,
      bToA: 512,
    }),
  ],
  ...{ wanted: 3, up: 1, down: 1, perSecond: 1_573_376 },
  agents: [
    { name: 'worker-1', state: 'answered' },
    { name: 'worker-2', state: 'answered' },
    { name: 'worker-3', state: 'offline' },
  ],
});

describe('the view of a network', () => {
  it('is totals, links that are not up, and the busiest', () => {
    expect(texts(three)).toEqual([
      '12:03:04   2 agents, 1 offline   links: 1 of 3 up, 1 down, 1 unknown   1.5 MiB/s',
      '',
      'AGENTS                 LINK  HANDSHAKE  TO >       < FROM   ROUND TRIP',
      'worker-1  -  worker-3  down  never      -          -        -',
      'worker-1  -  worker-2  up    12 s ago   1.5 MiB/s  512 B/s  0.8 ms',
    ]);
    expect(viewOf(three, whole).map(({ tone }) => tone)).toEqual(['head', 'plain', 'head', 'bad', 'plain']);
  });

  it('says what is wrong above it, and that nobody says anything', () => {
    const view = viewOf(picture({}), { ...whole, notice: 'the engine does not answer' });
    expect(view[0]).toEqual({ text: 'the engine does not answer', tone: 'bad' });
    expect(view.at(-1)!.text).toBe('No agent says anything of a link.');
  });

  it('says how long the agents were asked for, where that is more than a second', () => {
    expect(texts(picture({}, 900))[0]).toMatch(/ 0 B\/s$/);
    expect(texts(picture({}, 1_840))[0]).toMatch(/ 0 B\/s {3}asked for 1\.8 s$/);
  });

  it('says how many links it has no room for', () => {
    const links = [
      ...Array.from({ length: 9 }, (_, n) => link('a', `down-${n}`, 'down')),
      ...Array.from({ length: 9 }, (_, n) => link('a', `up-${n}`)),
    ];
    const many = picture({ links, leftOutDown: 1, leftOutUp: 100 });
    const lines = texts(many, { width: 80, height: 10 });
    expect(lines).toHaveLength(10);
    expect(lines.filter((text) => text.includes('down-'))).toHaveLength(3);
    expect(lines.filter((text) => text.includes('up-'))).toHaveLength(3);
    expect(lines.at(-1)).toBe('and 113 more links, 7 of them not up');
  });

  it('stays in its frame, and brings nothing to the terminal that it would obey', () => {
    const name = fc.oneof(fc.string(), fc.constant('\x1b[2J\n\r'));
    fc.assert(
      fc.property(fc.array(fc.tuple(name, name)), fc.nat(120), fc.nat(40), (names, width, height) => {
        const links = names.map(([a, b], n) => link(a, b, ['up', 'down', 'one-sided'][n % 3]));
        const lines = texts(picture({ links }), { width, height });
        expect(lines.length).toBeLessThanOrEqual(height);
        for (const text of lines) {
          expect(text.length).toBeLessThanOrEqual(width);
          // eslint-disable-next-line no-control-regex -- control characters are what must not be there
          expect(text).not.toMatch(/[\x00-\x1f\x7f-\x9f]/);
        }
      }),
    );
  });
});
