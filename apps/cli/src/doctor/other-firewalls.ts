import { unreadableOutput } from '#wireguard';
import type { ForwardDrop } from './probes.js';

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

/**
 * Chains on the way of what is forwarded that drop what none of their rules accepts, by policy or by their last rule
 * (as firewalld has it), out of `nft -j list ruleset`. Ours are not among them. Pure.
 *
 * @throws BanyanError `host` for what is no such output.
 */
export function forwardDropsIn(json: string): ForwardDrop[] {
  const { chains, rules } = parse(json);
  const dropping = chains.filter(({ family, table, name, hook, policy }) => {
    if (hook !== 'forward' || !['ip', 'inet'].includes(family) || table.startsWith('banyan_')) return false;
    const last = rules.findLast(
      (rule) => rule.family === family && rule.table === table && rule.chain === name,
    );
    return policy === 'drop' || (last !== undefined && dropsAll(last));
  });
  return dropping.map(({ family, table, name }) => ({
    chain: `${family} ${table} ${name}`,
    // ufw and firewalld have what is allowed in chains of their own.
    knowsUs: rules.some((rule) => rule.family === family && rule.table === table && namesUs(rule)),
  }));
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
