/**
 * How the two services log: one event a line, `LEVEL context: message`, to standard error.
 * Not for the commands of `apps/cli`, which talk to people.
 */
import { ConsoleLogger, type LogLevel } from '@nestjs/common';

/** Nest's own account of its start-up says nothing to an operator. */
const NEST_CONTEXTS = new Set(['NestFactory', 'InstanceLoader', 'NestMicroservice', 'RoutesResolver']);

const WORD: Record<LogLevel, string> = {
  verbose: 'DEBUG',
  debug: 'DEBUG',
  log: 'INFO',
  warn: 'WARN',
  error: 'ERROR',
  fatal: 'FATAL',
};

/** Syslog priorities (sd-daemon(3)): the journal reads `<4>` at the start of a line as "warning". */
const PRIORITY: Record<LogLevel, number> = { verbose: 7, debug: 7, log: 6, warn: 4, error: 3, fatal: 2 };

export interface LogTarget {
  /** Whether lines go to the journal, which stamps time and level itself. */
  readonly journal: boolean;
  write(line: string): void;
}

export class ServiceLogger extends ConsoleLogger {
  constructor(private readonly target: LogTarget = standardError()) {
    super({ logLevels: ['log', 'warn', 'error', 'fatal'], colors: false });
  }

  protected override printMessages(messages: unknown[], context = '', level: LogLevel = 'log'): void {
    if (NEST_CONTEXTS.has(context) && level === 'log') return;
    for (const message of messages) this.target.write(this.#line(oneLine(message), context, level));
  }

  protected override printStackTrace(stack: string | undefined): void {
    if (stack) this.printMessages(stack.split('\n'), 'stack', 'error');
  }

  #line(message: string, context: string, level: LogLevel): string {
    const text = `${context ? `${context}: ` : ''}${message}`;
    return this.target.journal
      ? `<${PRIORITY[level]}>${text}`
      : `${new Date().toISOString()} ${WORD[level].padEnd(5)} ${text}`;
  }
}

/** A message cannot make a second line, nor move the cursor of the terminal that shows it. */
function oneLine(message: unknown): string {
  const text = message instanceof Error ? message.message : String(message);
  // eslint-disable-next-line no-control-regex
  return text.replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029]/g, escaped);
}

function escaped(character: string): string {
  if (character === '\n') return '\\n';
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function standardError(): LogTarget {
  return {
    journal: process.env.JOURNAL_STREAM !== undefined,
    write: (line) => process.stderr.write(`${line}\n`),
  };
}
