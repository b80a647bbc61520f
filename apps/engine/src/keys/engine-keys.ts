import type { EngineSettings } from '#config';
import type { PrivateKey, PublicKey } from '#crypto';
import { BanyanError, complaint, messageOf } from '#errors';
import { Turns } from '#host';
import { log } from '#log';
import { UntakenKeyFile } from './untaken-key-file.js';
import { PreviousKeyFile, standing, type PreviousKey } from './previous-key-file.js';

/** The keys of the running engine: the one it has, and during a rotation the one before. */
export class EngineKeys {
  readonly #file: PreviousKeyFile;
  readonly #untaken: UntakenKeyFile;
  readonly #saving = new Turns();
  #current: PrivateKey;
  #previous: PreviousKey | undefined;
  /** No client's, present and former. It grows: who was given it sees a new key too. */
  readonly own: PublicKey[];

  private constructor(settings: EngineSettings) {
    this.#file = new PreviousKeyFile(settings.stateDir);
    this.#untaken = new UntakenKeyFile(settings.stateDir);
    this.#current = settings.privateKey;
    this.own = [settings.privateKey.publicKey, ...settings.formerPublicKeys];
  }

  static async open(settings: EngineSettings): Promise<EngineKeys> {
    const keys = new EngineKeys(settings);
    await keys.#find();
    await keys.#taken();
    return keys;
  }

  get current(): PrivateKey {
    return this.#current;
  }

  /** The one before, while it is answered by. */
  get previous(): PreviousKey | undefined {
    return this.#previous;
  }

  /** The private half of a key that is answered by; undefined for any other. */
  holderOf(publicKey: PublicKey): PrivateKey | undefined {
    return [this.#current, this.#previous?.privateKey].find((key) => key?.publicKey.equals(publicKey));
  }

  /** Has this key from now on, and answers by the one before if its file is there. */
  async take(next: PrivateKey): Promise<void> {
    this.own.unshift(next.publicKey);
    this.#current = next;
    this.#previous = undefined;
    await this.#find();
    await this.#taken();
  }

  /** A client knows the new key. @returns whether that is news. */
  noteLearned({ text }: PublicKey): boolean {
    const previous = this.#previous;
    if (!previous || previous.learned.has(text)) return false;
    const next = { ...previous, learned: new Set(previous.learned).add(text) };
    this.#previous = next;
    void this.#save(next);
    return true;
  }

  /** Destroys the previous key. @throws BanyanError `host` when its file stays; it is answered by then as before. */
  async forget(): Promise<void> {
    // In its turn: a list of learners that is written later would bring it back.
    await this.#saving.take(async () => {
      await this.#file.remove();
      this.#previous = undefined;
    });
  }

  /** Whatever key the files have is the engine's now. */
  async #taken(): Promise<void> {
    await this.#untaken.remove().catch((error: unknown) => log.say('state.unsaved', messageOf(error)));
  }

  async #find(): Promise<void> {
    try {
      const previous = await this.#file.read();
      if (!previous) return;
      const is = standing(previous, this.#current.publicKey);
      if (is === 'in force') {
        this.#previous = previous;
        return;
      }
      // Whoever rotates may be between two steps at this moment, and what is in the file is needed at the next start.
      if (is !== 'begun') await this.#file.remove();
      const { fingerprint } = previous.privateKey.publicKey;
      log.say(
        'engine.key_changed',
        is === 'begun'
          ? 'a rotation of the key was cut off before it took effect; the key is the one that clients know'
          : `the key was changed by hand since a rotation: ${fingerprint} is answered by no more`,
      );
    } catch (error) {
      // A rotation that cannot be gone on with must not keep the engine from those who know its key.
      log.say('state.unreadable', error instanceof BanyanError ? complaint(error) : messageOf(error));
    }
  }

  /** Of those that wait only the newest counts. */
  async #save(previous: PreviousKey): Promise<void> {
    await this.#saving.take(async () => {
      if (previous !== this.#previous) return;
      // What is lost by a restart is learned again when the client calls.
      await this.#file.write(previous).catch((error: unknown) => log.say('state.unsaved', messageOf(error)));
    });
  }
}
