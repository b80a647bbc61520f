import { resolve } from 'node:path';
import { homedir } from 'node:os';
import { Command } from '@oclif/core/command';
import type { Config } from '@oclif/core/config';
import { string } from '@oclif/core/flags';
import { hasScreen } from './has-screen.js';
import { jsonText } from './json-text.js';
import { terminalText } from './terminal-text.js';
import type { Role, SettingsOf } from '#config';

/** What the commands of all three programs share: the config, `--json`, warnings, and errors left to the program. */
export abstract class BanyanCommand extends Command {
  static override readonly enableJsonFlag: boolean = true;
  /** What `--json` prints, for documents: `an object: ` or `an array: ` and the names of the fields; then what differs when. */
  static readonly answer?: string;
  static override readonly baseFlags = {
    config: string({
      description: 'path of banyan.yaml; BANYAN_CONFIG says the same',
      helpValue: 'PATH',
      helpGroup: 'GLOBAL',
    }),
  };

  /** What takes away the line on which something waits. */
  #wipe = '';
  readonly #warned = new Set<string>();
  /** What is to be said when the terminal is given back. */
  #kept: string[] | undefined;

  /** Runs the command of this class. */
  static async execute(this: unknown, args: string[], config: Config): Promise<void> {
    await new (this as new (args: string[], config: Config) => BanyanCommand)(args, config)._run();
  }

  /** The role whose section of the config this program reads. */
  protected abstract readonly role: Role;

  /** Loads the settings and prints what is odd about them. */
  protected async loadSettings<R extends Role>(role: R, flag: string | undefined): Promise<SettingsOf<R>> {
    const { loadConfig } = await import('#config');
    const { settings, warnings } = await loadConfig(role, await this.configPath(flag));
    for (const warning of warnings) this.warning(warning);
    return settings;
  }

  protected async configPath(flag: string | undefined): Promise<string> {
    const { defaultConfigPath } = await import('#config');
    const caller = { uid: process.getuid?.() ?? 0, env: process.env, home: homedir() };
    return resolve(flag ?? defaultConfigPath(this.role, caller));
  }

  /**
   * A sentence on standard error, with `--json` too: standard output stays one JSON value. Once, for what connects again
   * and again reads its config each time.
   */
  protected warning(sentence: string): void {
    if (this.#warned.has(sentence)) return;
    this.#warned.add(sentence);
    this.#say(`Warning: ${sentence}`);
  }

  /** What is being done, for people who wait: on standard error. */
  protected progress(sentence: string): void {
    this.#say(sentence);
  }

  /** Waits for something, and says so when it takes long. What is printed meanwhile goes to standard error. */
  protected async patiently<T>(what: string, work: Promise<T>): Promise<T> {
    if (!hasScreen(process.stderr) || this.#kept) return work;
    const { whileWaiting, WIPE } = await import('./while-waiting.js');
    this.#wipe = WIPE;
    try {
      return await whileWaiting(what, work);
    } finally {
      this.#wipe = '';
    }
  }

  /** Keeps what is said meanwhile: what has the whole terminal would have it written across. */
  protected async aside<T>(work: Promise<T>): Promise<T> {
    const kept: string[] = (this.#kept = []);
    try {
      return await work;
    } finally {
      this.#kept = undefined;
      for (const sentence of kept) this.#say(sentence);
    }
  }

  /** One line for people; values from outside go through here, never straight to the terminal. */
  protected line(text = ''): void {
    this.log('%s', text.split('\n').map(terminalText).join('\n'));
  }

  /** Without oclif's colours, which are not JSON. */
  protected override logJson(json: unknown): void {
    process.stdout.write(jsonText(json, 2) + '\n');
  }

  #say(sentence: string): void {
    if (this.#kept) return void this.#kept.push(sentence);
    process.stderr.write(`${this.#wipe}${terminalText(sentence)}\n`);
  }

  /** Reported in one place, by the program. */
  protected override catch(error: Error): Promise<never> {
    return Promise.reject(error);
  }
}
