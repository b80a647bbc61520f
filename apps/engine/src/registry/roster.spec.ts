import fc from 'fast-check';
import { generateKey } from '#crypto/generate';
import { Agent } from './agent.js';
import { Roster } from './roster.js';

const keys = Array.from({ length: 8 }, () => generateKey().publicKey);
const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

function agent(index: number, name = names[index]!): Agent {
  return new Agent({
    id: `id-${index}`,
    name,
    publicKey: keys[index]!,
    firstRegisteredMs: 1,
    lastRegisteredMs: 1,
    lastSeenMs: 1,
    protocolVersion: 1,
    version: '1',
    tags: [],
  });
}

describe('the roster', () => {
  let changed: Set<string>;
  let roster: Roster;
  let agents: Agent[];
  beforeEach(() => {
    changed = new Set();
    roster = new Roster(({ id }) => changed.add(id));
    agents = names.map((_, index) => agent(index));
    for (const one of agents) roster.add(one);
  });
  const [a, b, c] = [0, 1, 2];

  it('knows nobody by a new name with a new key', () => {
    expect(roster.identify({ name: 'new', publicKey: generateKey().publicKey })).toBeUndefined();
    expect(changed.size).toBe(0);
  });

  it('keeps the record with the name when the key was replaced', () => {
    const publicKey = generateKey().publicKey;
    expect(roster.identify({ name: 'a', publicKey })).toBe(agents[a]);
    expect(roster.keyed(publicKey)).toBe(agents[a]);
    expect(roster.keyed(keys[a]!)).toBeUndefined();
    expect(changed).toEqual(new Set(['id-0']));
  });

  it('keeps the record with the key when the name was changed', () => {
    expect(roster.identify({ name: 'new', publicKey: keys[a]! })).toBe(agents[a]);
    expect(roster.named('new')).toBe(agents[a]);
    expect(roster.named('a')).toBeUndefined();
  });

  it('lets two agents exchange their names and keep their records', () => {
    roster.rename([
      { agent: agents[a]!, to: 'b' },
      { agent: agents[b]!, to: 'a' },
    ]);
    expect(roster.named('b')).toBe(agents[a]);
    expect(roster.named('a')).toBe(agents[b]);
    expect(roster.identify({ name: 'a', publicKey: keys[b]! })).toBe(agents[b]);
    expect(changed).toEqual(new Set(['id-0', 'id-1']));
  });

  it('keeps an agent whose name was given away, under a name nobody can register as', () => {
    roster.rename([{ agent: agents[a]!, to: 'b' }]);
    expect(roster.named('b')).toBe(agents[a]);
    expect(agents[b]!.name).toBe('b~id-1');
    expect(changed).toEqual(new Set(['id-0', 'id-1']));
  });

  it('gives an agent that had lost its name the one it comes back with', () => {
    roster.rename([{ agent: agents[a]!, to: 'b' }]);
    expect(roster.identify({ name: 'a', publicKey: keys[b]! })).toBe(agents[b]);
    expect(agents[b]!.name).toBe('a');
  });

  it('gives a name that two records have to the one added later, as after a crash between two writes', () => {
    const late = agent(c, 'a');
    const other = new Roster(({ id }) => changed.add(id));
    other.add(agents[a]!);
    other.add(late);
    expect(other.named('a')).toBe(late);
    expect(agents[a]!.name).toBe('a~id-0');
  });

  it('loses no record and never has one name or key twice, whatever clients come', () => {
    const index = fc.integer({ min: 0, max: 7 });
    const step = fc.oneof(
      fc.record({ kind: fc.constant('identify' as const), name: index, key: index }),
      fc.record({
        kind: fc.constant('rename' as const),
        moves: fc.uniqueArray(fc.tuple(index, index), { selector: ([who]) => who }).map((moves) => {
          const taken = new Set<number>();
          return moves.filter(([, to]) => !taken.has(to) && taken.add(to));
        }),
      }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const other = new Roster(() => undefined);
        for (let i = 0; i < 4; i++) other.add(agent(i));
        for (const one of steps) {
          if (one.kind === 'identify') {
            const client = { name: names[one.name]!, publicKey: keys[one.key]! };
            const found = other.identify(client);
            if (found) expect([found.name, found.publicKey]).toEqual([client.name, client.publicKey]);
            expect(found).toBe(other.keyed(client.publicKey));
          } else {
            const moves = one.moves.flatMap(([who, to]) => {
              const moving = other.named(names[who]!);
              return moving ? [{ agent: moving, to: names[to]! }] : [];
            });
            other.rename(moves);
            for (const { agent, to } of moves) expect(other.named(to)).toBe(agent);
          }
          const all = [...other.all()];
          expect(all).toHaveLength(4);
          expect(new Set(all.map(({ name }) => name)).size).toBe(4);
          expect(new Set(all.map(({ publicKey }) => publicKey.text)).size).toBe(4);
          for (const each of all) expect(other.named(each.name)).toBe(each);
        }
      }),
    );
  });
});
