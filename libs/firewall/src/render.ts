import { isIPv4 } from 'node:net';
import { BanyanError } from '#errors';
import { MARK, type Chain, type Match, type Rule, type Table, type Verdict } from './table.js';

const NAME = /^[a-z][a-z0-9_]{0,63}$/;
/** Nothing that ends nft's quotes, and no `*`, which would make a name a pattern. IFNAMSIZ is 16 with a NUL. */
const INTERFACE_NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}$/;
const MAX_UID = 0xfffffffe;

/**
 * The table as one transaction for `nft -f -`: it replaces what is there in one step. `add` makes the
 * `delete` succeed also when there is no such table.
 *
 * @throws BanyanError `invalid` for a value that is not what it should be: the text holds nothing unparsed.
 */
export function renderTable(table: Table): string {
  return `${renderRemoval(table.name)}table inet ${table.name} {\n${table.chains.map(chain).join('')}}\n`;
}

/** The removal of a table that may or may not be there, as text for `nft -f -`. @throws BanyanError `invalid`. */
export function renderRemoval(name: string): string {
  if (!NAME.test(name)) throw invalid(name, 'the name of a table');
  return `add table inet ${name}\ndelete table inet ${name}\n`;
}

function chain({ type = 'filter', hook, name, priority, rules }: Chain): string {
  const head = `    type ${type} hook ${hook} priority ${integer(priority, -500, 500, 'a priority')}; policy accept;\n`;
  const called = name ?? (type === 'filter' ? hook : `${type}_${hook}`);
  if (!NAME.test(called)) throw invalid(called, 'the name of a chain');
  return `  chain ${called} {\n${head}${rules.map(rule).join('')}  }\n`;
}

function rule({ when, verdict }: Rule): string {
  return `    ${[...when.map(match), VERDICTS[verdict]].join(' ')}\n`;
}

/** What a rule ends with; nft lists them in the same words. */
export const VERDICTS: Readonly<Record<Verdict, string>> = {
  accept: 'accept',
  drop: 'drop',
  masquerade: 'masquerade',
  'clamp-mss': 'tcp option maxseg size set rt mtu',
  mark: `meta mark set meta mark | 0x${MARK.toString(16).padStart(8, '0')}`,
};

function match(condition: Match): string {
  switch (condition.on) {
    case 'arrives-by':
      return `iifname ${not(condition)}${interfaceName(condition)}`;
    case 'leaves-by':
      return `oifname ${not(condition)}${interfaceName(condition)}`;
    case 'source':
      return `ip saddr ${not(condition)}${network(condition.network)}`;
    case 'destination':
      return `ip daddr ${not(condition)}${network(condition.network)}`;
    case 'tcp-source':
      return `tcp sport ${port(condition.port)}`;
    case 'tcp-destination':
      return `tcp dport ${port(condition.port)}`;
    case 'sender':
      return `meta skuid ${not(condition)}${integer(condition.uid, 0, MAX_UID, 'a user id')}`;
    case 'known-connection':
      return 'ct state established,related';
    case 'translated-destination':
      return 'ct status dnat';
    case 'echo-request':
      return 'icmp type echo-request';
    case 'tcp-opening':
      return 'tcp flags & (syn | rst) == syn';
    case 'ipv6':
      return 'meta nfproto ipv6';
  }
}

function not(condition: { readonly not?: true }): string {
  return condition.not ? '!= ' : '';
}

/** By name, not by index: the rule also holds for an interface that is made later, or made anew. */
function interfaceName({
  interface: name,
  prefix,
}: {
  readonly interface: string;
  readonly prefix?: true;
}): string {
  if (!INTERFACE_NAME.test(name)) throw invalid(name, 'the name of an interface');
  return `"${name}${prefix ? '*' : ''}"`;
}

function network(cidr: string): string {
  const [, address = '', length = ''] = /^([0-9.]{7,15})\/([0-9]{1,2})$/.exec(cidr) ?? [];
  if (!isIPv4(address) || Number(length) > 32) throw invalid(cidr, 'an IPv4 network');
  return `${address}/${Number(length)}`;
}

function port(number: number): number {
  return integer(number, 1, 65_535, 'a TCP port');
}

function integer(value: number, least: number, most: number, what: string): number {
  if (!Number.isInteger(value) || value < least || value > most) throw invalid(String(value), what);
  return value;
}

function invalid(value: string, what: string): BanyanError {
  return new BanyanError('invalid', `${JSON.stringify(value.slice(0, 64))} is not ${what}`);
}
