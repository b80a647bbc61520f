import {
  LOG_LEVEL_FLAGS,
  LOG_LEVEL_TEXTS,
  logLevelJson,
  logLevelRequest,
  logLevelText,
} from '../../log-level.js';
import { NetworkCommand } from '../network-command.js';

export default class LogLevel extends NetworkCommand {
  static override readonly summary = LOG_LEVEL_TEXTS.summary;
  static override readonly description = LOG_LEVEL_TEXTS.description;
  static override readonly examples = [...LOG_LEVEL_TEXTS.examples];
  static override readonly answer = LOG_LEVEL_TEXTS.answer;
  static override readonly flags = LOG_LEVEL_FLAGS;

  async run(): Promise<unknown> {
    const { flags } = await this.parse(LogLevel);
    const request = logLevelRequest(flags);
    const answer = await this.ask(flags.config, (engine) => engine.call('logLevel', request));
    this.line(logLevelText(answer));
    return logLevelJson(answer);
  }
}
