import type { Role } from '#config';
import { UsageError } from '../usage-error.js';
import type { Ask } from './prompts.js';
import { QUESTIONS, STORE_ADDRESS, type Question } from './question.js';

/** What is known before anybody is asked. */
export interface Known {
  readonly role: Role;
  /** By flag name; what was given on the command line. */
  readonly flags: Readonly<Record<string, string | undefined>>;
  /** The section as the file has it; undefined when there is none. */
  readonly section: Readonly<Record<string, unknown>> | undefined;
}

/**
 * The settings that `init` will write, by field: flags win, then what the file says, then the terminal,
 * then the default. A section that exists already answers everything but what is needed and missing.
 *
 * @param ask absent where nobody can be asked: then a needed answer that is missing is a usage error.
 */
export async function answers(known: Known, ask: Ask | undefined): Promise<Record<string, string>> {
  checkFlags(known);
  const given: Record<string, string> = {};
  for (const question of QUESTIONS[known.role]) await settle(given, question, known, ask);
  const backend = given['store_backend'] ?? known.section?.['store_backend'];
  if (backend === 'etcd' || known.flags[STORE_ADDRESS.flag] !== undefined) {
    await settle(given, STORE_ADDRESS, known, ask);
  }
  return given;
}

/** All flags at once, so that a bad one is found before anything is asked or made. @throws UsageError */
export function checkFlags({ role, flags }: Pick<Known, 'role' | 'flags'>): void {
  for (const question of [...QUESTIONS[role], STORE_ADDRESS]) {
    const value = flags[question.flag];
    if (value !== undefined && !question.check(value)) {
      throw new UsageError(`--${question.flag} must be ${question.expected}`, `banyan-${role} init --help`);
    }
  }
}

async function settle(
  given: Record<string, string>,
  question: Question,
  { role, flags, section }: Known,
  ask: Ask | undefined,
): Promise<void> {
  const answer = flags[question.flag] ?? (await unlessConfigured(question, section, ask));
  if (answer !== undefined && answer !== '') given[question.field] = answer;
  else if (question.needed && !isSet(section?.[question.field]) && question.fallback === undefined) {
    throw new UsageError(
      `${question.field} is not known: there is no terminal to ask on`,
      `banyan-${role} init --${question.flag} VALUE`,
    );
  }
}

async function unlessConfigured(
  question: Question,
  section: Known['section'],
  ask: Ask | undefined,
): Promise<string | undefined> {
  if (section === undefined) return ask === undefined ? question.fallback : ask.value(question);
  const missing = question.needed && question.fallback === undefined && !isSet(section[question.field]);
  return missing && ask !== undefined ? ask.value(question) : undefined;
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}
