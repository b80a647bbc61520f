import type { EngineSettings } from '#config';
import { BanyanCommand } from '../base-command.js';
import type { RunningEngine } from './admin-socket.js';

/** A command for the engine's own host: it asks the running engine, or says that there is none. */
export abstract class EngineCommand extends BanyanCommand {
  protected override readonly role = 'engine';

  protected async withEngine<T>(
    settings: EngineSettings,
    work: (engine: RunningEngine | undefined) => Promise<T>,
  ): Promise<T> {
    const { runningEngine } = await import('./admin-socket.js');
    const engine = await runningEngine(settings);
    try {
      return await work(engine);
    } finally {
      engine?.close();
    }
  }

  /** Said on standard error: what follows is about files, not about an engine. */
  protected notRunning(consequence: string): void {
    process.stderr.write(`Note: no engine is running here; ${consequence}\n`);
  }
}
