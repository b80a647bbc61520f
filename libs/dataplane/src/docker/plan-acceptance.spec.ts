import type { DockerRule } from './docker-user.js';
import { planAcceptance, planNoAcceptance } from './plan-acceptance.js';

const words = (line: string): DockerRule => line.split(' ');
const TAG = '-m comment --comment banyan';
const OURS = [
  `-i banyan-wg -o banyan0 ${TAG} -j ACCEPT`,
  `-i banyan0 -o banyan-wg ${TAG} -j ACCEPT`,
  `-i banyan0 -o banyan0 ${TAG} -j ACCEPT`,
  `-o banyan0 -m conntrack --ctstate RELATED,ESTABLISHED ${TAG} -j ACCEPT`,
  `-o banyan0 -m conntrack --ctstate DNAT ${TAG} -j ACCEPT`,
  `-i banyan0 -o docker+ ${TAG} -j RETURN`,
  `-i banyan0 -o br-+ ${TAG} -j RETURN`,
  `-i banyan0 ${TAG} -j ACCEPT`,
];
const RETURN = '-j RETURN';
const OPERATOR = '-s 198.51.100.0/24 -i eth0 -j DROP';

/** The commands that a chain with these rules needs. */
function commands(...rules: string[]): string[] {
  return planAcceptance(rules.map(words)).flatMap((step) => step.commands.map((args) => args.join(' ')));
}

const insertedFrom = (place: number): string[] =>
  OURS.map((rule, index) => `-I DOCKER-USER ${place + index} ${rule}`);

describe('acceptance in the chain of Docker', () => {
  it('is nobody’s business without the chain, or without iptables', () => {
    for (const chain of ['no chain', 'no iptables'] as const) {
      expect(planAcceptance(chain)).toEqual([]);
      expect(planNoAcceptance(chain)).toEqual([]);
    }
  });

  it('comes after what the operator refuses, and before the end of the chain', () => {
    expect(commands()).toEqual(insertedFrom(1));
    expect(commands(RETURN)).toEqual(insertedFrom(1));
    expect(commands(OPERATOR, RETURN)).toEqual(insertedFrom(2));
    expect(commands(OPERATOR)).toEqual(insertedFrom(2));
    expect(commands('-m comment --comment end -j DROP', OPERATOR)).toEqual(insertedFrom(1));
    expect(commands('-j LOG', OPERATOR)).toEqual(insertedFrom(3));
  });

  it('is left alone when it is whole, in whatever order a rule lists its options', () => {
    expect(commands(...OURS)).toEqual([]);
    expect(commands(OPERATOR, ...OURS, RETURN)).toEqual([]);
    const listed = `-o banyan0 ${TAG} -m conntrack --ctstate DNAT -j ACCEPT`;
    expect(commands(...OURS.with(4, listed), RETURN)).toEqual([]);
  });

  it.each([
    ['one is missing', OURS.slice(1)],
    ['one is twice there', [...OURS, OURS[0]!]],
    ['two have changed places', [...OURS.slice(1), OURS[0]!]],
    ['one accepts something else', OURS.with(7, `-i eth0 ${TAG} -j ACCEPT`)],
  ])('is made anew when %s', (_, rules) => {
    const deletions = rules.map((rule) => `-D DOCKER-USER ${rule}`);
    expect(commands(OPERATOR, ...rules)).toEqual([...deletions, ...insertedFrom(2)]);
  });

  it('is made anew when nothing comes as far as it', () => {
    expect(commands(RETURN, ...OURS)).toEqual([
      ...OURS.map((rule) => `-D DOCKER-USER ${rule}`),
      ...insertedFrom(1),
    ]);
  });

  it('takes away what is its own and nothing else', () => {
    const others = [OPERATOR, '-m comment --comment banyans -j ACCEPT', RETURN];
    const rules = [...others, ...OURS];
    const [step] = planNoAcceptance(rules.map(words));
    expect(step?.commands).toEqual(OURS.map((rule) => ['-D', 'DOCKER-USER', ...words(rule)]));
    expect(planNoAcceptance(others.map(words))).toEqual([]);
  });
});
