import { renderTable } from '#firewall';
import { clientTable } from './client-table.js';
import { engineTable } from './engine-table.js';

/** The rules of one chain, as nft reads them. */
function rules(table: ReturnType<typeof engineTable>, hook: string): string[] {
  const [, chain = ''] = renderTable(table).split(`chain ${hook} {\n`);
  const [, ...lines] = chain.split('  }\n', 1)[0]!.trimEnd().split('\n');
  return lines.map((line) => line.trim());
}

/** The first rule of both: nothing for the tunnel leaves by anything else. */
const LEAVING = 'oifname != "wg-control" oifname != "lo" ip daddr 10.200.0.0/16 drop';
const engine = engineTable([50_051]);
const client = clientTable('agent', 990);

describe("the engine's rules", () => {
  it('let clients reach the gRPC port only', () => {
    expect(rules(engine, 'input')).toEqual([
      'iifname "wg-control" tcp dport 50051 accept',
      'iifname "wg-control" drop',
    ]);
  });

  it('let clients reach another port where that was chosen', () => {
    expect(rules(engineTable([50_051, 9_750]), 'input')).toEqual([
      'iifname "wg-control" tcp dport 50051 accept',
      'iifname "wg-control" tcp dport 9750 accept',
      'iifname "wg-control" drop',
    ]);
  });

  it('let nobody on the host open a connection to a client', () => {
    expect(rules(engine, 'output')).toEqual([
      LEAVING,
      'oifname "wg-control" tcp sport 50051 accept',
      'oifname "wg-control" drop',
    ]);
  });
});

describe("a client's rules", () => {
  it("let the component's user send, other users not, and the kernel only where a connection is", () => {
    expect(rules(client, 'output')).toEqual([
      LEAVING,
      'oifname "wg-control" meta skuid 990 accept',
      'oifname "wg-control" meta skuid != 990 drop',
      'oifname "wg-control" ct state established,related accept',
      'oifname "wg-control" drop',
    ]);
  });

  it('let in only what the host asked for', () => {
    expect(rules(client, 'input')).toEqual([
      'iifname "wg-control" ct state established,related accept',
      'iifname "wg-control" drop',
    ]);
  });
});

describe.each([
  ['the engine', engine],
  ['a client', client],
])('the rules of %s', (_, table) => {
  it('forward nothing in or out of the tunnel', () => {
    expect(rules(table, 'forward')).toEqual(['iifname "wg-control" drop', 'oifname "wg-control" drop']);
  });

  it("drop the tunnel's addresses where they arrive by anything else", () => {
    expect(rules(table, 'prerouting')).toEqual([
      'iifname != "wg-control" iifname != "lo" ip saddr 10.200.0.0/16 drop',
      'iifname != "wg-control" iifname != "lo" ip daddr 10.200.0.0/16 drop',
    ]);
  });

  it('are a table of the role, so that roles do not take each other’s', () => {
    expect(table.name).toBe(table === engine ? 'banyan_control_engine' : 'banyan_control_agent');
  });
});
