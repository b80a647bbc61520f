import { plural } from '../plural.js';

/** What the entries of a store are about, for people. */
export function storeContents(entries: readonly { readonly key: string }[]): {
  readonly agents: number;
  readonly subnets: number;
  readonly phrase: string;
} {
  const under = (prefix: string): number => entries.filter(({ key }) => key.startsWith(prefix)).length;
  const [agents, subnets] = [under('agents/'), under('subnets/')];
  return { agents, subnets, phrase: `${plural(agents, 'agent')}, ${plural(subnets, 'subnet')}` };
}
