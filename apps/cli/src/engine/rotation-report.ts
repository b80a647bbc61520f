import type { Rotated } from './rotate.js';

/** What is to be run where the new key must be told by hand. */
export function byHand(publicKey: string): { readonly agent: string; readonly cli: string } {
  return {
    agent: `sudo banyan-agent init --keep --engine-wg-public-key '${publicKey}' && sudo systemctl restart banyan-agent`,
    cli: `banyan-cli init --keep --engine-wg-public-key '${publicKey}'`,
  };
}

/** The JSON of `rotate`. */
export function rotationReport(rotated: Rotated) {
  const { warnings: _, ...facts } = rotated;
  const isByHand = rotated.rotation !== 'taught' && rotated.not_learned.length > 0;
  return { ...facts, by_hand: isByHand ? byHand(rotated.public_key) : null };
}

/** The same for people. */
export function rotationText(rotated: Rotated): string {
  const { rotation, fingerprint, previous_fingerprint: previous, public_key: key, learned } = rotated;
  const left = rotated.not_learned;
  const lines = [
    ...(rotation === 'forgotten' ? [] : ['The engine has a new key.', '']),
    `Public key:      ${key}`,
    `Fingerprint:     ${fingerprint}`,
    `Old fingerprint: ${previous}`,
    '',
  ];
  if (learned.length > 0) lines.push(`Learned by:      ${learned.join(', ')}`);
  if (left.length > 0) lines.push(`Not learned by:  ${left.join(', ')}`);
  if (rotation === 'taught') return [...lines, ...taught(rotated)].join('\n');
  lines.push('The engine answers by the old key no more.');
  if (left.length === 0) return lines.join('\n');
  const { agent, cli } = byHand(key);
  return [
    ...lines,
    '',
    'Next, on each of those that have not learned it (their containers talk on meanwhile):',
    `  ${agent}`,
    'or, where banyan-cli runs:',
    `  ${cli}`,
  ].join('\n');
}

function taught({ not_learned: left, answers_by_previous: answers }: Rotated): string[] {
  if (!answers) return ['Everybody knows it, and the old one is destroyed.'];
  if (left.length === 0) return ['Everybody knows it; the old one is about to be destroyed.'];
  return [
    'They learn it when they connect, and the old one is destroyed when all have.',
    '',
    'Next:',
    '  banyan-engine status shows who has not learned it',
    '  banyan-engine rotate --forget ends it without them, and says what they must do',
  ];
}
