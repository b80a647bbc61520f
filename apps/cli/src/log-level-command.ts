import { string } from '@oclif/core/flags';
import type { LogLevelRequest, LogLevelResponse } from '#protocol';
import { BanyanCommand } from './base-command.js';

/** `log-level` of both services, which are asked by different sockets. */
export abstract class LogLevelCommand extends BanyanCommand {
  static override readonly summary = 'Show how much the log tells, or change it, without a restart.';
  static override readonly description =
    'Until the next start, or for as long as you say; `log_level` in the configuration lasts. At debug, the log tells of every call with its caller, code and duration, and of what is looked at and found well. It never holds keys.';
  static override readonly examples = [
    'sudo <%= config.bin %> <%= command.id %>',
    'sudo <%= config.bin %> <%= command.id %> --set debug --for 10m',
  ];
  static override readonly answer = 'an object: level, configured, back_in_ms';
  static override readonly flags = {
    set: string({
      description: 'the least that the log tells from now on',
      options: ['debug', 'info', 'warn', 'error'],
      helpValue: 'debug|info|warn|error',
    }),
    for: string({
      description: 'with --set: how long, until the level of the configuration is back; at most an hour',
      helpValue: 'DURATION',
      dependsOn: ['set'],
    }),
  };

  /** @throws BanyanError `unavailable` when the service does not run here. */
  protected abstract ask(config: string | undefined, request: LogLevelRequest): Promise<LogLevelResponse>;

  async run(): Promise<unknown> {
    const { flags } = await this.parse(this.constructor as typeof LogLevelCommand);
    const { logLevelJson, logLevelRequest, logLevelText } = await import('./log-level.js');
    const answer = await this.ask(flags.config, logLevelRequest(flags));
    this.line(logLevelText(answer));
    return logLevelJson(answer);
  }
}
