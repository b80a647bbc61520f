import type { LoggerService } from '@nestjs/common';

/** What the store says of itself, to Nest's logger. */
export type Log = Pick<LoggerService, 'log' | 'warn' | 'error'>;
