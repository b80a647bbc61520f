import { PublicKey } from '#crypto';
import { BanyanError } from '#errors';
import { isCanonicalPoint } from './canonical-point.js';
import { TermReader, type ClientTerms } from './client-terms.js';

/** Why something is not admitted and what to do about it, a sentence each. Never quotes the file. */
export interface Refusal {
  readonly reason: string;
  readonly remedy: string;
}

/** What a good `.pub` file says. */
export interface ClientFileContent {
  readonly publicKey: PublicKey;
  readonly terms: ClientTerms;
}

const INIT_KEY = 'Put the public key that `init` printed on the client into it, and nothing else.';

/**
 * The rules of a `.pub` file: lines; blank ones and those starting with `#` are skipped; matching quotes and CR
 * are stripped; the engine's own keys, present and former, are ignored (a client's config names its engine's
 * key beside its own, and the spec's copying recipe sends both); exactly one key remains. Some comments are terms.
 *
 * Source: docs/design.md, "Whitelist" and "Roles".
 */
export function parseClientFile(text: string, ownKeys: readonly PublicKey[]): ClientFileContent | Refusal {
  const keys = new Map<string, PublicKey>();
  const terms = new TermReader();
  let sawOwnKey = false;
  // What a person sees as a line is one: a term must not hide behind a comment that ends in CR.
  for (const [index, line] of text.split(/\r\n?|\n/).entries()) {
    const value = unquoted(line.trim());
    if (value === '') continue;
    if (value.startsWith('#')) {
      const refusal = terms.read(value, `Line ${index + 1}`);
      if (refusal !== undefined) return refusal;
      continue;
    }
    const key = parseKey(value, `Line ${index + 1}`);
    if ('reason' in key) return key;
    if (ownKeys.some((own) => own.equals(key))) sawOwnKey = true;
    else keys.set(key.text, key);
  }
  const [publicKey, ...others] = keys.values();
  if (publicKey === undefined) {
    return { reason: sawOwnKey ? "It holds only the engine's own key" : 'It holds no key', remedy: INIT_KEY };
  }
  if (others.length > 0) {
    return {
      reason: `It holds ${keys.size} different keys, and a file admits one client`,
      remedy: 'Give each client its own file.',
    };
  }
  return { publicKey, terms: terms.terms };
}

function parseKey(value: string, what: string): PublicKey | Refusal {
  try {
    const key = PublicKey.parse(value, what);
    if (isCanonicalPoint(key)) return key;
    return {
      reason: `${what} is not usable: no key pair has this public key in this form`,
      remedy: INIT_KEY,
    };
  } catch (error) {
    if (!(error instanceof BanyanError)) throw error;
    return { reason: error.message, remedy: INIT_KEY };
  }
}

/** A value without the quotes around it. */
export function unquoted(text: string): string {
  return /^(["'])(.*)\1$/.exec(text)?.[2] ?? text;
}
