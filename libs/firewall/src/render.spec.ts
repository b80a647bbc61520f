import fc from 'fast-check';
import { renderRemoval, renderTable } from './render.js';
import type { Chain, Match, Table } from './table.js';

function table(...when: Match[]): Table {
  return {
    name: 'banyan_test',
    chains: [{ hook: 'input', priority: 0, rules: [{ when, verdict: 'drop' }] }],
  };
}

function rule(...when: Match[]): string | undefined {
  return renderTable(table(...when))
    .split('\n')[5]
    ?.trim();
}

const invalid = expect.objectContaining({ kind: 'invalid' }) as Error;

describe('a rendered table', () => {
  it('replaces what is there in one transaction', () => {
    expect(renderTable(table({ on: 'tcp-destination', port: 22 }))).toBe(
      [
        'add table inet banyan_test',
        'delete table inet banyan_test',
        'table inet banyan_test {',
        '  chain input {',
        '    type filter hook input priority 0; policy accept;',
        '    tcp dport 22 drop',
        '  }',
        '}',
        '',
      ].join('\n'),
    );
  });

  it.each<[Match, string]>([
    [{ on: 'arrives-by', interface: 'wg-control' }, 'iifname "wg-control" drop'],
    [{ on: 'arrives-by', interface: 'lo', not: true }, 'iifname != "lo" drop'],
    [{ on: 'leaves-by', interface: 'eth0.7' }, 'oifname "eth0.7" drop'],
    [{ on: 'source', network: '10.200.0.0/16' }, 'ip saddr 10.200.0.0/16 drop'],
    [{ on: 'destination', network: '10.200.0.1/32' }, 'ip daddr 10.200.0.1/32 drop'],
    [{ on: 'tcp-source', port: 50_051 }, 'tcp sport 50051 drop'],
    [{ on: 'sender', uid: 0 }, 'meta skuid 0 drop'],
    [{ on: 'sender', uid: 65_534, not: true }, 'meta skuid != 65534 drop'],
    [{ on: 'known-connection' }, 'ct state established,related drop'],
    [{ on: 'leaves-by', interface: 'br-', prefix: true }, 'oifname "br-*" drop'],
    [{ on: 'source', network: '10.201.3.0/24', not: true }, 'ip saddr != 10.201.3.0/24 drop'],
    [{ on: 'translated-destination' }, 'ct status dnat drop'],
    [{ on: 'echo-request' }, 'icmp type echo-request drop'],
    [{ on: 'tcp-opening' }, 'tcp flags & (syn | rst) == syn drop'],
    [{ on: 'ipv6' }, 'meta nfproto ipv6 drop'],
  ])('says %j as %s', (match, text) => {
    expect(rule(match)).toBe(text);
  });

  it('has a chain of its own for what is translated', () => {
    const nat: Table = {
      name: 'banyan_test',
      chains: [
        { type: 'nat', hook: 'postrouting', priority: 100, rules: [{ when: [], verdict: 'masquerade' }] },
      ],
    };
    expect(renderTable(nat).split('\n').slice(3, 6)).toEqual([
      '  chain nat_postrouting {',
      '    type nat hook postrouting priority 100; policy accept;',
      '    masquerade',
    ]);
  });

  it('may give a chain a name, and marks beside the marks of others', () => {
    const marking: Chain = { name: 'later', hook: 'prerouting', priority: -50, rules: [] };
    const text = renderTable({
      name: 'banyan_test',
      chains: [{ ...marking, rules: [{ when: [], verdict: 'mark' }] }],
    });
    expect(text.split('\n').slice(3, 6)).toEqual([
      '  chain later {',
      '    type filter hook prerouting priority -50; policy accept;',
      '    meta mark set meta mark | 0x00001000',
    ]);
    for (const name of ['', 'a b', 'a;b', 'a {']) {
      expect(() => renderTable({ name: 'banyan_test', chains: [{ ...marking, name }] })).toThrow(invalid);
    }
  });

  it('puts all conditions of a rule on one line', () => {
    expect(rule({ on: 'arrives-by', interface: 'a' }, { on: 'tcp-destination', port: 1 })).toBe(
      'iifname "a" tcp dport 1 drop',
    );
  });

  it.each<[string, Match]>([
    ['a quote in a name', { on: 'arrives-by', interface: 'a" accept' }],
    ['a pattern for a name', { on: 'leaves-by', interface: 'wg*' }],
    ['a line end in a name', { on: 'leaves-by', interface: 'a\nb' }],
    ['no name', { on: 'leaves-by', interface: '' }],
    ['a name that is too long', { on: 'leaves-by', interface: 'sixteen-letters-' }],
    ['a network with something behind it', { on: 'source', network: '10.0.0.0/8 accept' }],
    ['an address without a length', { on: 'source', network: '10.0.0.1' }],
    ['a length above 32', { on: 'source', network: '10.0.0.0/33' }],
    ['a name for a network', { on: 'source', network: 'localhost/32' }],
    ['port 0', { on: 'tcp-destination', port: 0 }],
    ['a port above 65535', { on: 'tcp-source', port: 65_536 }],
    ['half a port', { on: 'tcp-source', port: 1.5 }],
    ['a negative user', { on: 'sender', uid: -1 }],
    ['the user that stands for nobody at all', { on: 'sender', uid: 0xffffffff }],
  ])('refuses %s', (_, match) => {
    expect(() => renderTable(table(match))).toThrow(invalid);
  });

  it.each(['', 'Banyan', '1st', 'a b', 'a;b', 'a\nflush ruleset', 'x'.repeat(65)])(
    'refuses %j for its name',
    (name) => {
      expect(() => renderTable({ name, chains: [] })).toThrow(invalid);
      expect(() => renderRemoval(name)).toThrow(invalid);
    },
  );

  it('has one line for each rule, whatever text is in it', () => {
    const match = fc.oneof(
      fc.record({ on: fc.constant('arrives-by' as const), interface: fc.string({ maxLength: 20 }) }),
      fc.record({ on: fc.constant('source' as const), network: fc.string({ maxLength: 20 }) }),
    );
    fc.assert(
      fc.property(match, (condition) => {
        let text: string;
        try {
          text = renderTable(table(condition));
        } catch (error) {
          expect(error).toEqual(invalid);
          return;
        }
        expect(text.split('\n')).toHaveLength(9);
        expect(text.split('\n')[5]).toMatch(/^ {4}(iifname "[\w.-]+"|ip saddr [0-9./]+) drop$/);
      }),
    );
  });
});
