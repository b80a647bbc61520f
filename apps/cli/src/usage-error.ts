import { BanyanError } from '#errors';

/** The command line itself is wrong: exit code 2, where other failures are 1. */
export class UsageError extends BanyanError {
  constructor(message: string, remedy: string) {
    super('invalid', message, { remedy });
  }
}
