import { unreadableOutput } from '#wireguard';
import type { ForwardDrop, InputDrop } from './probes.js';

interface Chain {
  readonly family: string;
  readonly table: string;
  readonly name: string;
  readonly hook?: string;
  readonly policy?: string;
}

interface Rule {
  readonly family: string;
  readonly table: string;
  readonly chain: string;
  readonly expr: readonly unknown[];
}

interface Match {
  readonly left: {
    readonly payload?: { readonly protocol?: string; readonly field?: string };
    readonly meta?: { readonly key?: string };
  };
  readonly right: unknown;
}

/**
 * What the tables of other firewalls say, out of `nft -j list ruleset`; rules of iptables are among them. Ours are left
 * out. Pure.
 *
 * @throws BanyanError `host` for what is no such output.
 */
function chainsAt(hook: string, json: string): { chain: Chain; own: Rule[]; table: Rule[] }[] {
  const { chains, rules } = parse(json);
  return chains
    .filter((chain) => chain.hook === hook && ['ip', 'inet'].includes(chain.family))
    .filter(({ table }) => !table.startsWith('banyan_'))
    .map((chain) => {
      // ufw and firewalld have what is allowed in chains of their own.
      const table = rules.filter(
        ({ family, table: name }) => family === chain.family && name === chain.table,
      );
      return { chain, table, own: table.filter((rule) => rule.chain === chain.name) };
    });
}

/** Chains that drop what is forwarded and accepted by none of their rules, by policy or by their last rule (as firewalld). */
export function forwardDropsIn(json: string): ForwardDrop[] {
  return chainsAt('forward', json)
    .filter(({ chain, own }) => isShut(chain, own))
    .map(({ chain, table }) => ({ chain: nameOf(chain), knowsUs: table.some(namesUs) }));
}

/** Chains that drop some of what comes in. */
export function inputDropsIn(json: string): InputDrop[] {
  return chainsAt('input', json)
    .filter(({ chain, own, table }) => isShut(chain, own) || table.some(drops))
    .map(({ chain, own, table }) => ({
      chain: nameOf(chain),
      shutTo: (protocol, port) =>
        isShut(chain, own) && !table.some((rule) => accepts(rule) && mayMean(rule, protocol, port)),
    }));
}

function nameOf({ family, table, name }: Chain): string {
  return `${family} ${table} ${name}`;
}

function isShut({ policy }: Chain, own: readonly Rule[]): boolean {
  const last = own.at(-1);
  return policy === 'drop' || (last !== undefined && dropsAll(last));
}

const drops = ({ expr }: Rule): boolean =>
  expr.some((one) => isObjectWith(one, 'drop') || isObjectWith(one, 'reject'));
const accepts = ({ expr }: Rule): boolean => expr.some((one) => isObjectWith(one, 'accept'));

/** Whether a rule could be about packets to a port, as far as can be told: by that port, or by where they come from. */
function mayMean({ expr }: Rule, protocol: 'tcp' | 'udp', port: number): boolean {
  const matches = expr.flatMap((one) =>
    isObjectWith(one, 'match') ? [(one as { match: Match }).match] : [],
  );
  const ports = matches.filter(({ left }) => left.payload?.field === 'dport');
  if (ports.length > 0)
    return ports.every(
      ({ left, right }) => [protocol, 'th'].includes(left.payload!.protocol ?? '') && holds(right, port),
    );
  // All packets, or, with an extension that is not told here, who knows which.
  if (matches.length === 0) return true;
  const isAboutPorts = expr.some((one) => JSON.stringify(one).includes('"multiport"'));
  return (
    isAboutPorts ||
    matches.some(
      ({ left, right }) =>
        left.payload?.field === 'saddr' || (/^iif/.test(left.meta?.key ?? '') && right !== 'lo'),
    )
  );
}

/** Of a number, a range or a set; what a set with a name holds is not told here, so it is taken to. */
function holds(right: unknown, port: number): boolean {
  if (typeof right === 'number') return right === port;
  const { set, range } = right as { set?: readonly unknown[]; range?: readonly [number, number] };
  if (Array.isArray(set)) return set.some((one) => holds(one, port));
  if (Array.isArray(range)) return range[0] <= port && port <= range[1];
  return true;
}

function dropsAll({ expr }: Rule): boolean {
  const conditions = expr.filter((one) => !isObjectWith(one, 'counter'));
  return (
    conditions.length === 1 && (isObjectWith(conditions[0], 'drop') || isObjectWith(conditions[0], 'reject'))
  );
}

function namesUs({ expr }: Rule): boolean {
  return /"banyan0"|"DOCKER-USER"/.test(JSON.stringify(expr));
}

function parse(json: string): { chains: Chain[]; rules: Rule[] } {
  let listed: unknown;
  try {
    ({ nftables: listed } = JSON.parse(json) as { nftables: unknown });
  } catch {
    throw unreadableOutput('nft', 'it is no JSON');
  }
  const objects = (Array.isArray(listed) ? listed : []) as { chain?: Chain; rule?: Rule }[];
  return {
    chains: objects.flatMap(({ chain }) => (chain ? [chain] : [])),
    rules: objects.flatMap(({ rule }) => (rule ? [rule] : [])),
  };
}

function isObjectWith(value: unknown, key: string): boolean {
  return typeof value === 'object' && value !== null && key in value;
}
