import { stripVTControlCharacters } from 'node:util';
import { codeOf, messageOf, type ErrorKind } from '#errors';
import { jsonText } from './json-text.js';
import { terminalText } from './terminal-text.js';
import { UsageError } from './usage-error.js';

/** How a program ends when a command fails. */
export interface Failure {
  readonly exitCode: 1 | 2;
  readonly kind: ErrorKind | 'internal';
  readonly message: string;
  readonly remedy?: string;
}

/**
 * Anything thrown, as one sentence and what to do about it; never a stack trace.
 *
 * @param command the program, and the command if there is one, whose help explains its usage.
 */
export function failureOf(error: unknown, command: string): Failure {
  if (isOclifError(error)) {
    return {
      exitCode: 2,
      kind: 'invalid',
      message: terminalText(oclifMessage(error)),
      remedy: `${command} --help`,
    };
  }
  if (!isBanyanError(error)) {
    return { exitCode: 1, kind: 'internal', message: terminalText(messageOf(error)) };
  }
  return {
    exitCode: error instanceof UsageError ? 2 : 1,
    kind: error.kind,
    message: terminalText(error.message),
    ...(error.remedy === undefined ? {} : { remedy: terminalText(error.remedy) }),
  };
}

/** oclif's way to leave early, which is no failure. */
export function isExit(error: unknown): boolean {
  return codeOf(error) === 'EEXIT';
}

/** Says what failed: on standard error, or as JSON on standard output. @returns the exit code. */
export function reportFailure(error: unknown, command: string, json: boolean): number {
  const failure = failureOf(error, command);
  if (json) process.stdout.write(failureJson(failure));
  else process.stderr.write(failureText(failure));
  return failure.exitCode;
}

/** What people see on standard error. */
export function failureText({ message, remedy }: Failure): string {
  return `Error: ${message}\n${remedy === undefined ? '' : `Try: ${remedy}\n`}`;
}

/** What programs see on standard output. */
export function failureJson({ kind, message, remedy }: Failure): string {
  return jsonText({ error: { kind, message, ...(remedy === undefined ? {} : { remedy }) } }, 2) + '\n';
}

interface DomainError {
  readonly kind: ErrorKind;
  readonly message: string;
  readonly remedy?: string;
}

function isBanyanError(error: unknown): error is DomainError {
  return error instanceof Error && error.name === 'BanyanError';
}

/** oclif marks what its parser refuses with the exit code it would use. */
function isOclifError(error: unknown): error is Error {
  return error instanceof Error && 'oclif' in error && !isBanyanError(error);
}

/** oclif lays its messages out over several lines, in colour, with a reference to help that is our remedy. */
function oclifMessage(error: Error): string {
  return (
    stripVTControlCharacters(error.message)
      .replace(/See more help with --help\s*$/, '')
      .replace(/^The following errors? occurred:/, '')
      // Names of arguments in columns with what they mean.
      .replace(/^(Missing \d+ required args?:)((?:\n\S+ {2,}.*)+)/m, (_, what: string, list: string) => {
        return `${what} ${Array.from(list.matchAll(/^\S+/gm), ([name]) => name).join(', ')}`;
      })
      .replace(/\s+/g, ' ')
      .trim()
      .replace(/^Parsing (--\S+) Expected/, '$1: expected')
  );
}
