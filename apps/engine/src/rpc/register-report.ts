import type { PipeTransform } from '@nestjs/common';
import { BanyanError } from '#errors';
import type { RegisterRequest } from '#protocol';

/** Printable ASCII without spaces: what may reach a log line or a terminal as it is. */
const WORD = /^[\x21-\x7e]*$/;
/** Clients of the Go project send a token; it proves nothing here and is not kept, so it may be any text. */
const TOKEN_LENGTH = 1_024;
const MAX_PORT = 65_535;

/** The most characters that a word may have. */
const WORDS = {
  agentName: 63,
  apiAddress: 255,
  wgPublicKey: 64,
  hostIp: 255,
  version: 63,
  subnet: 18,
} as const satisfies Partial<Record<keyof RegisterRequest, number>>;

/** How many words a list may have, and how long each may be. */
const LISTS = {
  tags: { words: 32, characters: 63 },
  hostRoutes: { words: 1_000, characters: 18 },
} as const satisfies Partial<Record<keyof RegisterRequest, { words: number; characters: number }>>;

/**
 * What an agent may report of itself. None of it is an identity: that is the key it proved. Types are right by
 * decoding; how much is said, and in what characters, is looked at here. Pure.
 *
 * @throws BanyanError `invalid` that names the field and what was expected, never the value.
 */
export function checkReport(report: RegisterRequest): RegisterRequest {
  for (const [field, length] of entriesOf(WORDS)) {
    if (!isWord(report[field], length)) refuse(field, `must be at most ${length} printable characters`);
  }
  for (const [field, { words, characters }] of entriesOf(LISTS)) {
    const list = report[field];
    if (list.length > words) refuse(field, `must be at most ${words} entries`);
    if (!list.every((each) => isWord(each, characters)))
      refuse(field, `must be entries of at most ${characters} printable characters`);
  }
  if (report.sessionToken.length > TOKEN_LENGTH)
    refuse('sessionToken', `must be at most ${TOKEN_LENGTH} characters`);
  if (report.wgPort > MAX_PORT) refuse('wgPort', 'must be a port');
  return report;
}

/** {@link checkReport} where Nest asks for it. */
export const checkedReport: PipeTransform<RegisterRequest, RegisterRequest> = { transform: checkReport };

function isWord(text: string, length: number): boolean {
  return text.length <= length && WORD.test(text);
}

function refuse(field: keyof RegisterRequest, expected: string): never {
  throw new BanyanError('invalid', `the request is not valid: ${field} ${expected}`);
}

function entriesOf<Field extends string, Value>(table: Readonly<Record<Field, Value>>): [Field, Value][] {
  return Object.entries(table) as [Field, Value][];
}
