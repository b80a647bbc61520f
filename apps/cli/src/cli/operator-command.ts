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
    const [{ openEngine }, { OwnTunnel }] = await Promise.all([
      import('#channel'),
      import('./own-tunnel.js'),
    ]);
    const log = { info: () => undefined, warn: (message: string) => this.warning(message) };
    // Only root can make an interface; without one, the direct path proves the same keys.
    const tunnel = process.geteuid?.() === 0 ? new OwnTunnel(settings) : undefined;
    let channel: EngineConnection['channel'] | undefined;
    try {
      const engine = await openEngine(settings, log, tunnel);
      ({ channel } = engine);
      return await work(engine).finally(() => engine.close());
    } finally {
      if (channel !== 'tunnel') await tunnel?.forget();
    }
  }
}
