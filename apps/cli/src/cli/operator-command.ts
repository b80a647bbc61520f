import type { EngineConnection } from '#channel';
import type { CliSettings } from '#config';
import { BanyanCommand } from '../base-command.js';

/** A command that asks the engine, over whatever path leads to it. */
export abstract class OperatorCommand extends BanyanCommand {
  protected override readonly role = 'cli';

  protected async withEngine<T>(
    settings: CliSettings,
    work: (engine: EngineConnection) => Promise<T>,
  ): Promise<T> {
    const [{ openEngine }, { ownTunnel }] = await Promise.all([
      import('#channel'),
      import('./own-tunnel.js'),
    ]);
    const log = { info: () => undefined, warn: (message: string) => this.warning(message) };
    const engine = await openEngine(settings, log, await ownTunnel(settings));
    try {
      return await work(engine);
    } finally {
      engine.close();
    }
  }
}
