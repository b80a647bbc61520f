import { BanyanError } from '#errors';
import { endOf, isExpiryDate, parseExpiryDate, type ExpiryDate } from './expiry-date.js';
import type { Refusal } from './client-file.js';

/** What a key is for: an agent's calls, an operator's, or both. */
export const CLIENT_ROLES = ['agent', 'cli', 'any'] as const;
export type ClientRole = (typeof CLIENT_ROLES)[number];

/** On what terms a key is admitted: what comment lines of its file say. */
export interface ClientTerms {
  /** Without a line: `any`. */
  readonly role: ClientRole;
  /** Without it, the key is good until its file goes. */
  readonly expires?: ExpiryDate;
  /** One line that is harmless on a terminal and in a log, at most {@link MOST_NOTE} characters. */
  readonly note?: string;
}

export const DEFAULT_TERMS: ClientTerms = { role: 'any' };
export const MOST_NOTE = 120;

/** Of two roles, whether a key with the first may make the calls of the second. */
export function coversRole(role: ClientRole, needed: Exclude<ClientRole, 'any'>): boolean {
  return role === needed || role === 'any';
}

export function sameTerms(a: ClientTerms, b: ClientTerms): boolean {
  return a.role === b.role && a.expires === b.expires && a.note === b.note;
}

/** As words: `role cli, expires 2027-01-31, note "of Ada"`. */
export function termsText({ role, expires, note }: ClientTerms): string {
  return [
    `role ${role}`,
    ...(expires === undefined ? [] : [`expires ${expires}`]),
    ...(note === undefined ? [] : [`note "${note}"`]),
  ].join(', ');
}

/** The comment lines that say this, and nothing for what holds without a line. */
export function termLines({ role, expires, note }: ClientTerms): string[] {
  return [
    ...(role === DEFAULT_TERMS.role ? [] : [`# role: ${role}`]),
    ...(expires === undefined ? [] : [`# expires: ${expires}`]),
    ...(note === undefined ? [] : [`# note: ${note}`]),
  ];
}

/** Any spelling that a person would take for one of these lines is one, so that a slip is noticed and not ignored. */
const TERM = /^#\s*(role|expires|note)\s*:(.*)$/is;

/** Reads the terms of one file, comment by comment. */
export class TermReader {
  #role: ClientRole | undefined;
  #expires: ExpiryDate | undefined;
  #note: string | undefined;

  /**
   * @param comment a line that begins with `#`. What is no term is a comment, and says nothing.
   * @param what the line, for a refusal: `Line 2`.
   */
  read(comment: string, what: string): Refusal | undefined {
    const [, name, text] = TERM.exec(comment) ?? [];
    if (name === undefined || text === undefined) return undefined;
    const value = text.trim();
    switch (name.toLowerCase()) {
      case 'role':
        if (this.#role !== undefined) return twice(what, 'role');
        if (!isClientRole(value)) return { reason: `${what} names no role`, remedy: ROLE_REMEDY };
        this.#role = value;
        return undefined;
      case 'expires':
        if (this.#expires !== undefined) return twice(what, 'expires');
        if (!isExpiryDate(value)) {
          return { reason: `${what} names no day of the calendar`, remedy: EXPIRES_REMEDY };
        }
        this.#expires = value;
        return undefined;
      default:
        // Of several, the first: a note decides nothing.
        if (value !== '') this.#note ??= harmless(value);
        return undefined;
    }
  }

  get terms(): ClientTerms {
    return {
      role: this.#role ?? DEFAULT_TERMS.role,
      ...(this.#expires === undefined ? {} : { expires: this.#expires }),
      ...(this.#note === undefined ? {} : { note: this.#note }),
    };
  }
}

/** Terms as they are asked for in words. Absent: nothing is asked. `expires: never` and an empty note take away. */
export interface AskedTerms {
  readonly role?: string | undefined;
  readonly expires?: string | undefined;
  readonly note?: string | undefined;
}

/**
 * These terms, with what is asked for in its place.
 *
 * @param nowMs what has expired by then is refused.
 * @throws BanyanError `invalid`.
 */
export function askedTerms(asked: AskedTerms, before: ClientTerms, nowMs: number): ClientTerms {
  const role = asked.role === undefined ? before.role : parseRole(asked.role);
  const expires = asked.expires === undefined ? before.expires : parseExpiry(asked.expires);
  const note = asked.note === undefined ? before.note : parseNote(asked.note);
  if (expires !== undefined && endOf(expires) <= nowMs) {
    throw new BanyanError('invalid', `the key would have expired already, at the end of ${expires} (UTC)`, {
      remedy: 'Pass --expires with a later day, or `--expires never`.',
    });
  }
  return {
    role,
    ...(expires === undefined ? {} : { expires }),
    ...(note === undefined ? {} : { note }),
  };
}

function parseRole(text: string): ClientRole {
  if (isClientRole(text)) return text;
  throw new BanyanError('invalid', 'there is no such role', { remedy: 'A role is agent, cli or any.' });
}

function parseExpiry(text: string): ExpiryDate | undefined {
  return text === 'never' ? undefined : parseExpiryDate(text);
}

/** What a file would not give back as it is, is refused: a second line of it could be a key. */
function parseNote(text: string): string | undefined {
  if (text.trim() === '') return undefined;
  if (harmless(text) === text) return text;
  throw new BanyanError('invalid', 'the note is not one line of plain text', {
    remedy: `A note is at most ${MOST_NOTE} characters, without line breaks, control characters and spaces around it.`,
  });
}

function isClientRole(text: string): text is ClientRole {
  return (CLIENT_ROLES as readonly string[]).includes(text);
}

const ROLE_REMEDY = 'Write `# role: agent`, `# role: cli` or `# role: any`, or remove the line.';
const EXPIRES_REMEDY = 'Write the last day as `# expires: 2027-01-31`, or remove the line.';

function twice(what: string, name: string): Refusal {
  return { reason: `${what} is a second \`# ${name}:\``, remedy: 'Remove all but one of them.' };
}

/** Letters of any script, and no character that a terminal obeys, that reorders a line, or that nobody sees. */
function harmless(text: string): string {
  const line = text
    .trim()
    .replace(/\s+/gu, ' ')
    .replace(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, '\u{fffd}');
  const characters = Array.from(line);
  return characters.length <= MOST_NOTE ? line : `${characters.slice(0, MOST_NOTE - 1).join('')}…`;
}
