import type { LogLevelRequest, LogLevelResponse } from '#protocol';
import { LogLevelCommand } from '../../log-level-command.js';

export default class LogLevel extends LogLevelCommand {
  protected override readonly role = 'agent';

  protected override async ask(
    config: string | undefined,
    request: LogLevelRequest,
  ): Promise<LogLevelResponse> {
    const settings = await this.loadSettings('agent', config);
    const { agentAnswers, askForLogLevel } = await import('../agent-socket.js');
    if (await agentAnswers(settings)) return askForLogLevel(settings, request);
    const { BanyanError } = await import('#errors');
    throw new BanyanError('unavailable', 'no agent is running here', {
      remedy: 'sudo systemctl start banyan-agent',
    });
  }
}
