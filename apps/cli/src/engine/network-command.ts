import type { RunningEngine } from './admin-socket.js';
import { EngineCommand } from './engine-command.js';

/** A command about the network, which only a running engine knows. */
export abstract class NetworkCommand extends EngineCommand {
  /** @throws BanyanError `unavailable` when no engine runs here. */
  protected async ask<T>(
    config: string | undefined,
    question: (engine: RunningEngine) => Promise<T>,
  ): Promise<T> {
    const settings = await this.loadSettings('engine', config);
    return this.withEngine(settings, async (engine) => {
      if (engine !== undefined) return question(engine);
      const { BanyanError } = await import('#errors');
      throw new BanyanError('unavailable', 'no engine is running here', {
        remedy: 'sudo systemctl start banyan-engine',
      });
    });
  }
}
