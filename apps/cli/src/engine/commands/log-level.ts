import type { LogLevelRequest, LogLevelResponse } from '#protocol';
import { LogLevelCommand } from '../../log-level-command.js';

export default class LogLevel extends LogLevelCommand {
  protected override readonly role = 'engine';

  protected override async ask(
    config: string | undefined,
    request: LogLevelRequest,
  ): Promise<LogLevelResponse> {
    const { askEngine } = await import('../admin-socket.js');
    return askEngine(await this.loadSettings('engine', config), (engine) => engine.call('logLevel', request));
  }
}
