import type { LoggerService } from '@nestjs/common';
import type { Log } from './said.js';

/** What Nest has to say goes here too. Its own account of its start-up says nothing to an operator. */
export function nestLog(log: Log): LoggerService {
  return {
    log: () => undefined,
    debug: () => undefined,
    verbose: () => undefined,
    warn: (message: unknown, ...context) => log.say('service.warned', sentence(message, context)),
    error: (message: unknown, ...context) => log.say('service.failed', sentence(message, context)),
    fatal: (message: unknown, ...context) => log.say('service.failed', sentence(message, context)),
  };
}

/** Nest gives the stack, and the part of it that speaks, after the message. */
function sentence(message: unknown, context: readonly unknown[]): string {
  const text = message instanceof Error ? (message.stack ?? message.message) : String(message);
  return [text, ...context.filter((more) => typeof more === 'string')].join('\n');
}
