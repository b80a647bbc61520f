import { LinkChanges } from './link-changes.js';

const link = (name: string, up: boolean) => ({ name, publicKey: `key of ${name}`, up });

describe('links', () => {
  let changes: LinkChanges;
  beforeEach(() => (changes = new LinkChanges()));
  const look = (...links: ReturnType<typeof link>[]): string[] =>
    changes.look(links).map(({ event, name, sentence }) => `${event} ${name ?? sentence}`);

  it('are told when they come up and go down, by the name of the other end', () => {
    expect(look(link('a', true), link('b', false))).toEqual(['link.up a']);
    expect(look(link('a', true), link('b', true))).toEqual(['link.up b']);
    expect(look(link('a', false), link('b', true))).toEqual(['link.down a']);
    expect(look(link('a', false), link('b', true))).toEqual([]);
  });

  it('are not down before they were up, nor when their peer is no peer any more', () => {
    look(link('a', false), link('b', true));
    expect(look(link('a', false))).toEqual([]);
  });

  it('are counted when more change than a person reads', () => {
    const all = (up: boolean) => Array.from({ length: 500 }, (_, number) => link(`worker-${number}`, up));
    look(...all(true));
    expect(look(...all(false)).slice(9)).toEqual(['link.down worker-9', 'link.down and 490 more']);
  });
});
