import type { EngineConnection } from '#channel';
import type { CliSettings } from '#config';
import { asBanyanError, BanyanError } from '#errors';
import type { Log } from '#log';
import { BanyanCommand } from '../base-command.js';

/** A command that asks the engine, over whatever path leads to it. */
export abstract class OperatorCommand extends BanyanCommand {
  protected override readonly role = 'cli';
  /** Whether it goes on until somebody ends it: a key that the engine has meanwhile is taken over at once. */
  protected readonly lasts: boolean = false;
  /** By the connection on which the engine has said that it has another key. */
  readonly #learning = new WeakMap<EngineConnection, Promise<void>>();

  /** With the key of the config; with the spare one when the engine wants that, which then goes into the config. */
  protected async withEngine<T>(
    settings: CliSettings,
    work: (engine: EngineConnection) => Promise<T>,
  ): Promise<T> {
    try {
      return await this.using(settings, work);
    } catch (error) {
      if (!(error instanceof BanyanError) || error.kind !== 'unauthenticated') throw error;
      const { settle, SpareKey } = await import('#rotation');
      const file = new SpareKey(settings.stateDir, 'cli');
      const spare = await file.read();
      if (!spare) throw error;
      return this.using({ ...settings, privateKey: spare.privateKey }, async (engine) => {
        const done = await work(engine);
        for (const warning of await settle(engine, settings, file, spare.privateKey)) this.warning(warning);
        return done;
      });
    }
  }

  /** @param settings with the key to prove. */
  protected async connect(settings: CliSettings): Promise<EngineConnection> {
    const [{ openEngine }, { OwnTunnel }] = await Promise.all([
      import('#channel'),
      import('./own-tunnel.js'),
    ]);
    const log: Log = { say: (_, message) => this.warning(message) };
    // Only root can make an interface; without one, the direct path proves the same keys.
    const tunnel = process.geteuid?.() === 0 ? new OwnTunnel(settings) : undefined;
    let channel: EngineConnection['channel'] | undefined;
    try {
      const engine = await openEngine(settings, log, tunnel);
      ({ channel } = engine);
      return engine;
    } finally {
      if (channel !== 'tunnel') await tunnel?.forget();
    }
  }

  /** As {@link connect}, with the key that the engine may have from now on taken over where this lasts. */
  protected async reach(settings: CliSettings): Promise<EngineConnection> {
    const engine = await this.connect(settings);
    if (this.lasts) void engine.renewed.then(() => this.#learn(engine, settings));
    return engine;
  }

  /** Where nothing answers, doctor knows more. */
  protected override catch(error: Error): Promise<never> {
    const isAway = error instanceof BanyanError && error.kind === 'unavailable';
    if (!isAway || error.remedy !== undefined) return super.catch(error);
    const remedy = '`banyan-cli doctor` finds out what is in the way.';
    return super.catch(new BanyanError(error.kind, error.message, { cause: error, remedy }));
  }

  private async using<T>(settings: CliSettings, work: (engine: EngineConnection) => Promise<T>): Promise<T> {
    const engine = await this.patiently('Reaching the engine', this.reach(settings));
    try {
      const done = await work(engine);
      await this.#learn(engine, settings);
      return done;
    } finally {
      await this.#learning.get(engine);
      engine.close();
    }
  }

  #learn(engine: EngineConnection, settings: CliSettings): Promise<void> {
    const learning = this.#learning.get(engine) ?? this.#takeOver(engine, settings);
    this.#learning.set(engine, learning);
    return learning;
  }

  /** Takes over the key that the engine said it has now. What keeps it from that is no failure of the command. */
  async #takeOver(engine: EngineConnection, settings: CliSettings): Promise<void> {
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
      this.progress(`Note: the engine has a new key, ${newKey.fingerprint}; saved.`);
    } catch (error) {
      this.warning(
        `the engine has a new key, ${newKey.fingerprint}, and it is not saved: ${asBanyanError(error).message}. Before the engine forgets its previous one: banyan-cli init --keep --engine-wg-public-key '${newKey.text}'`,
      );
    }
  }
}
