import { resolve } from 'node:path';
import { string } from '@oclif/core/flags';
import { kindOf, type Log } from '#log';
import { EngineCommand } from './engine-command.js';

/** A command that opens the engine's store itself, without the engine. */
export abstract class StoreCommand extends EngineCommand {
  protected static readonly fileFlag = (description: string) =>
    string({
      required: true,
      description,
      helpValue: 'FILE',
      parse: (path) => Promise.resolve(resolve(path)),
    });

  /** What the store says: a log of its own would only tell how it was opened. */
  protected readonly storeLog: Log = {
    say: (event, message) => {
      const { level } = kindOf(event);
      if (level === 'warn' || level === 'error') this.warning(message);
    },
  };
}
