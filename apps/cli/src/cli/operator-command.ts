import type { EngineConnection } from '#channel';
import type { CliSettings } from '#config';
import { asBanyanError } from '#errors';
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
      try {
        const done = await work(engine);
        await this.#learn(engine, settings);
        return done;
      } finally {
        engine.close();
      }
    } finally {
      if (channel !== 'tunnel') await tunnel?.forget();
    }
  }

  /** Takes over the key that the engine said it has now. What keeps it from that is no failure of the command. */
  async #learn(engine: EngineConnection, settings: CliSettings): Promise<void> {
    const { newKey } = engine;
    if (!newKey) return;
    const [{ learnEngineKey }, { saveEngineKey }] = await Promise.all([
      import('#channel'),
      import('#config'),
    ]);
    const { engineKey, configPath, ...rest } = settings;
    try {
      await learnEngineKey(engine, { ...rest, ...(engineKey ? { engineKey } : {}) }, (from, to) =>
        saveEngineKey('cli', configPath, { from, to }),
      );
      process.stderr.write(`Note: the engine has a new key, ${newKey.fingerprint}; saved.\n`);
    } catch (error) {
      this.warning(
        `the engine has a new key, ${newKey.fingerprint}, and it is not saved: ${asBanyanError(error).message}. Before the engine forgets its previous one: banyan-cli init --keep --engine-wg-public-key '${newKey.text}'`,
      );
    }
  }
}
