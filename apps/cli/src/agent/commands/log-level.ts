import { BanyanError } from '#errors';
import { BanyanCommand } from '../../base-command.js';
import {
  LOG_LEVEL_FLAGS,
  LOG_LEVEL_TEXTS,
  logLevelJson,
  logLevelRequest,
  logLevelText,
} from '../../log-level.js';

export default class LogLevel extends BanyanCommand {
  static override readonly summary = LOG_LEVEL_TEXTS.summary;
  static override readonly description = LOG_LEVEL_TEXTS.description;
  static override readonly examples = [...LOG_LEVEL_TEXTS.examples];
  static override readonly answer = LOG_LEVEL_TEXTS.answer;
  static override readonly flags = LOG_LEVEL_FLAGS;
  protected override readonly role = 'agent';

  async run(): Promise<unknown> {
    const { flags } = await this.parse(LogLevel);
    const request = logLevelRequest(flags);
    const settings = await this.loadSettings('agent', flags.config);
    const { agentAnswers, askForLogLevel } = await import('../agent-socket.js');
    if (!(await agentAnswers(settings))) {
      throw new BanyanError('unavailable', 'no agent is running here', {
        remedy: 'sudo systemctl start banyan-agent',
      });
    }
    const answer = await askForLogLevel(settings, request);
    this.line(logLevelText(answer));
    return logLevelJson(answer);
  }
}
