import type { RunningEngine } from './admin-socket.js';
import { EngineCommand } from './engine-command.js';

/** A command about the network, which only a running engine knows. */
export abstract class NetworkCommand extends EngineCommand {
  /** @throws BanyanError `unavailable` when no engine runs here. */
  protected async ask<T>(
    config: string | undefined,
    question: (engine: RunningEngine) => Promise<T>,
  ): Promise<T> {
    const { askEngine } = await import('./admin-socket.js');
    return askEngine(await this.loadSettings('engine', config), question);
  }
}
