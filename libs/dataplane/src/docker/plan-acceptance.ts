import { BRIDGE, INTERFACE } from '../names.js';
import { CHAIN, type DockerChain, type DockerRule, type DockerStep } from './docker-user.js';

/** Marks our rules among those of others. */
const COMMENT = ['-m', 'comment', '--comment', 'banyan'];
/** What ends a chain when it has no condition. */
const FINAL: readonly (string | undefined)[] = ['ACCEPT', 'DROP', 'REJECT', 'RETURN'];

/**
 * What our own table judges. That cannot undo the drop of Docker's: a packet must pass both. Containers on other
 * networks of Docker stay Docker's to judge, which keeps its networks apart.
 */
const WANTED: readonly DockerRule[] = [
  rule('ACCEPT', '-i', INTERFACE, '-o', BRIDGE),
  rule('ACCEPT', '-i', BRIDGE, '-o', INTERFACE),
  // Frames within the bridge pass here too where br_netfilter is loaded.
  rule('ACCEPT', '-i', BRIDGE, '-o', BRIDGE),
  rule('ACCEPT', '-o', BRIDGE, '-m', 'conntrack', '--ctstate', 'RELATED,ESTABLISHED'),
  rule('ACCEPT', '-o', BRIDGE, '-m', 'conntrack', '--ctstate', 'DNAT'),
  rule('RETURN', '-i', BRIDGE, '-o', 'docker+'),
  rule('RETURN', '-i', BRIDGE, '-o', 'br-+'),
  rule('ACCEPT', '-i', BRIDGE),
];

/**
 * Our rules, after those of the host's operator, who may refuse what we accept, and before the one with which older
 * Dockers end the chain. All anew when one is missing, twice there or out of order.
 */
export function planAcceptance(chain: DockerChain): DockerStep[] {
  if (typeof chain === 'string') return [];
  const end = endOf(chain);
  const inForce = chain.slice(0, end).filter(isOurs);
  if (areWanted(inForce) && !chain.slice(end).some(isOurs)) return [];
  const place = endOf(chain.filter((found) => !isOurs(found))) + 1;
  const insertions = WANTED.map((wanted, index) => ['-I', CHAIN, String(place + index), ...wanted]);
  return [
    {
      commands: [...deletions(chain), ...insertions],
      what: `accept the container network in ${CHAIN}`,
      why: chain.some(isOurs)
        ? 'its rules are not all there, or not in order'
        : 'Docker may drop what nobody accepts there',
    },
  ];
}

/** Takes our rules away. */
export function planNoAcceptance(chain: DockerChain): DockerStep[] {
  if (typeof chain === 'string' || !chain.some(isOurs)) return [];
  return [
    {
      commands: deletions(chain),
      what: `remove the container network from ${CHAIN}`,
      why: 'the container network is taken down',
    },
  ];
}

function rule(target: string, ...conditions: readonly string[]): DockerRule {
  return [...conditions, ...COMMENT, '-j', target];
}

function deletions(chain: readonly DockerRule[]): string[][] {
  return chain.filter(isOurs).map((found) => ['-D', CHAIN, ...found]);
}

/** Whether it was made by {@link planAcceptance}. */
export function isOurs(found: DockerRule): boolean {
  return found.some((word, index) => word === '--comment' && found[index + 1] === COMMENT.at(-1));
}

/** Index of the rule behind which nothing is looked at. */
function endOf(chain: readonly DockerRule[]): number {
  const end = chain.findIndex((found) => {
    const [option, target] = found[1] === 'comment' ? found.slice(COMMENT.length) : found;
    return option === '-j' && FINAL.includes(target);
  });
  return end < 0 ? chain.length : end;
}

function areWanted(found: readonly DockerRule[]): boolean {
  return (
    found.length === WANTED.length &&
    found.every((each, index) => signature(each) === signature(WANTED[index]!))
  );
}

/** Of pairs of option and value, which other versions of iptables list in another order. */
function signature(found: DockerRule): string {
  const pairs = found.flatMap((option, index) => (index % 2 === 0 ? [`${option} ${found[index + 1]}`] : []));
  return pairs.sort().join(' ');
}
