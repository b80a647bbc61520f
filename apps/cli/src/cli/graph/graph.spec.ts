import fc from 'fast-check';
import { ListLinksResponse, type MeshLink } from '#protocol';
import { meshMermaid } from './mermaid.js';
import { meshOf, type Mesh } from './mesh.js';
import { meshSvg } from './svg.js';
import { meshText } from './text.js';

const NOW = Date.UTC(2027, 0, 31);
const agent = (name: string, state = 'answered') => ({ name, state });
const link = (a: string, b: string, state: string, more: Partial<MeshLink> = {}) => ({
  a,
  b,
  state,
  ...more,
});
const mesh = (said: Parameters<typeof ListLinksResponse.fromPartial>[0], of?: string): Mesh =>
  meshOf(ListLinksResponse.fromPartial(said), of);
const crowd = (count: number) =>
  Array.from({ length: count }, (_, n) => agent(`w${String(n).padStart(4, '0')}`));

const sample = {
  agents: [agent('one'), agent('three', 'offline'), agent('two')],
  links: [
    link('one', 'three', 'down', { latestHandshakeMs: NOW - 3_600_000 }),
    link('one', 'two', 'up', { roundTripUs: 700 }),
  ],
};

describe('the mesh that is drawn', () => {
  it('is every agent to every other; of a link that nobody says anything of, nothing is known', () => {
    expect(mesh(sample).links.map(({ a, b, state }) => [a, b, state])).toEqual([
      ['one', 'three', 'down'],
      ['one', 'two', 'up'],
      ['three', 'two', 'unknown'],
    ]);
  });

  it('is one agent to every other, on demand', () => {
    const { agents, links } = mesh(sample, 'two');
    expect(agents).toHaveLength(3);
    expect(links.map(({ a, b }) => [a, b])).toEqual([
      ['one', 'two'],
      ['three', 'two'],
    ]);
  });

  it('is refused of more agents than can be seen, with how to see less', () => {
    expect(mesh({ agents: crowd(60) }).links).toHaveLength(1_770);
    expect(() => mesh({ agents: crowd(61) })).toThrow('61 agents have more links than a picture can show');
  });

  it('of one among a thousand is the worst of its links', () => {
    const links = crowd(1_000)
      .slice(1)
      .map(({ name }) => link('w0000', name, 'up'));
    links[700] = link('w0000', 'w0701', 'down');
    const drawn = mesh({ agents: crowd(1_000), links }, 'w0000');
    expect([drawn.agents.length, drawn.links.length, drawn.left_out]).toEqual([60, 59, 940]);
    expect(drawn.links.at(-1)).toMatchObject({ b: 'w0701', state: 'down' });
  });
});

describe('as text', () => {
  it('it is a matrix, and what is not up', () => {
    const { links } = sample;
    const earlier = { ...sample, links: [{ ...links[0]!, latestHandshakeMs: NOW - 7_200_000 }, links[1]!] };
    expect(meshText(mesh(earlier), 80, NOW).split('\n')).toEqual([
      '                    1  2  3',
      ' 1 one              .  x  +',
      ' 2 three (offline)  x  .  ?',
      ' 3 two              +  ?  .',
      '',
      '+ up   x down   ? unknown',
      '',
      'AGENT  AGENT  LINK     HANDSHAKE  ROUND TRIP',
      'one    three  down     2 h ago    -',
      'three  two    unknown  -          -',
      '',
      'links: 1 up, 1 down, 1 unknown',
    ]);
  });

  it('it is only what is not up where a matrix does not fit', () => {
    const text = meshText(mesh(sample), 20, NOW);
    expect(text).not.toContain('1  2  3');
    expect(text).toMatch(/^one +three +down/m);
  });

  it('it is one line of one agent that is alone', () => {
    expect(meshText(mesh({ agents: [{ name: 'worker-1', state: 'answered' }] }))).toBe(
      '             1\n 1 worker-1  .\n\nlinks: no links',
    );
  });

  it('it is a list of the links of one agent', () => {
    const text = meshText(mesh(sample, 'one'), 80, NOW);
    expect(text).toMatch(/^one +two +up +never +0\.7 ms$/m);
    expect(text).toMatch(/^links of one: 1 up, 1 down$/m);
  });

  it('it is a sentence where there is nothing to draw', () => {
    expect(meshText(mesh({}))).toBe('There is no agent with a subnet.');
    expect(meshText(mesh({ agents: [agent('one')] }, 'one'))).toMatch(/^one has no links/);
    expect(meshText(mesh({ agents: [agent('one')] }))).toContain('links: no links');
  });
});

describe('for Mermaid', () => {
  it('it is a flowchart, whose lines say in words and colour when they are not up', () => {
    expect(meshMermaid(mesh(sample)).split('\n')).toEqual([
      'graph LR',
      '  %% links: 1 up, 1 down, 1 unknown',
      '  n1["one"]',
      '  n2["three (offline)"]:::away',
      '  n3["two"]',
      '  n1 -. down .- n2',
      '  n1 --- n3',
      '  n2 -. unknown .- n3',
      '  linkStyle 1 stroke:#1b7837',
      '  linkStyle 0 stroke:#c1272d,stroke-width:2px',
      '  linkStyle 2 stroke:#777777',
      '  classDef away stroke-dasharray:4 4',
    ]);
  });
});

describe('as SVG', () => {
  it('it says what it is to who cannot see it, and each line its ends and state', () => {
    const svg = meshSvg(mesh(sample), NOW);
    expect(svg).toContain('<title id="title">Links between agents</title>');
    expect(svg).toContain(
      '<desc id="desc">3 agents on a circle; links: 1 up, 1 down, 1 unknown; 2027-01-31T00:00:00Z</desc>',
    );
    expect(svg).toMatch(/<line [^>]*stroke-dasharray="8 5"><title>one - three: down<\/title><\/line>/);
    expect(svg).toMatch(/<line [^>]*stroke-width="1"><title>one - two: up<\/title><\/line>/);
    expect(svg).toContain('>three (offline)</text>');
  });

  it('it has what is down on top of what is up', () => {
    const svg = meshSvg(mesh(sample), NOW);
    expect(svg.indexOf('one - two: up')).toBeLessThan(svg.indexOf('one - three: down'));
  });
});

describe('a name, whatever is in it', () => {
  const hostile = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('"]', '`x`', '</text><script>', "a'b&c", 'end', '%% x', '\x1b[2J\n', '\ud800', '#35;'),
  );
  const meshes = fc.uniqueArray(hostile, { maxLength: 8 }).map((names) => {
    const sorted = [...names].sort();
    const [a, b] = sorted;
    const links = a !== undefined && b !== undefined ? [link(a, b, 'down')] : [];
    return mesh({ agents: sorted.map((name) => agent(name)), links });
  });

  it('ends no label of Mermaid', () => {
    fc.assert(
      fc.property(meshes, (drawn) => {
        const lines = meshMermaid(drawn).split('\n');
        const known =
          /^(graph LR| {2}%% links: [a-z0-9, -]+| {2}n\d+\["[A-Za-z0-9 ._()#;-]*"\]| {2}n\d+ -\. [a-z-]+ \.- n\d+| {2}linkStyle [0-9,]+ [a-z0-9#:,-]+| {2}classDef away stroke-dasharray:4 4)$/;
        expect(lines.filter((line) => !known.test(line))).toEqual([]);
        expect(lines.filter((line) => line.includes('["'))).toHaveLength(drawn.agents.length);
      }),
    );
  });

  it('is no element of SVG', () => {
    fc.assert(
      fc.property(meshes, (drawn) => {
        const svg = meshSvg(drawn, NOW);
        const elements = new Set(Array.from(svg.matchAll(/<\/?([^\s>/]*)/g), ([, name]) => name));
        const known = ['svg', 'title', 'desc', 'rect', 'line', 'circle', 'text'];
        expect([...elements].filter((name) => !known.includes(name!))).toEqual([]);
        expect(svg.match(/<text /g) ?? []).toHaveLength(
          drawn.agents.length + new Set(drawn.links.map(({ state }) => state)).size,
        );
        expect(svg).not.toMatch(/&(?!(amp|lt|gt|quot|#39);)/);
        // eslint-disable-next-line no-control-regex -- what XML does not allow must not be there
        expect(svg).not.toMatch(/[\x00-\x08\x0b\x0c\x0e-\x1f]|[\ud800-\udbff](?![\udc00-\udfff])/);
      }),
    );
  });
});
