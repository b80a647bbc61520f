import { Subject } from 'rxjs';
import type { AgentSettings } from '#config';
import type { PrivateKey, PublicKey } from '#crypto';
import { SpareKey } from '#rotation';

/**
 * The key this agent goes by: that of its config, or for as long as a rotation is not over, whichever of two the
 * engine admits. Not here: asking for another key (`rotation/`).
 */
export class OwnKeys {
  /** After {@link ofNetwork} has become another. */
  readonly changes = new Subject<void>();
  /** After the config has taken over the spare key. */
  readonly adopted = new Subject<PublicKey>();
  readonly file: SpareKey;
  #configured: PrivateKey;
  #spare: PrivateKey | undefined;
  #current: PrivateKey;
  #ofNetwork: PrivateKey;
  /** How many times the engine has refused a key since it last admitted one. */
  #refusals = 0;

  constructor({ privateKey, stateDir }: Pick<AgentSettings, 'privateKey' | 'stateDir'>) {
    this.file = new SpareKey(stateDir, 'agent');
    this.#configured = this.#current = this.#ofNetwork = privateKey;
  }

  /** Before anything uses a key. @throws BanyanError `host` when there is a spare key that cannot be read. */
  async load(): Promise<void> {
    const spare = await this.file.read();
    // One that the config has already is none: see {@link tidy}.
    if (spare?.privateKey.publicKey.equals(this.#configured.publicKey)) return;
    this.#spare = spare?.privateKey;
    if (spare?.inForce) this.#current = this.#ofNetwork = spare.privateKey;
  }

  /** Lets go of a spare key that a run before this one put into the config, and ended. */
  async tidy(): Promise<void> {
    if (!this.#spare) await this.file.remove();
  }

  /** To connect with. */
  get current(): PrivateKey {
    return this.#current;
  }

  /** That peers know this host by: one that is only tried is not yet. */
  get ofNetwork(): PrivateKey {
    return this.#ofNetwork;
  }

  /** That of the config. */
  get configured(): PrivateKey {
    return this.#configured;
  }

  get spare(): PrivateKey | undefined {
    return this.#spare;
  }

  /** There is a spare key from now on, and it is on disk. */
  keep(spare: PrivateKey): void {
    this.#spare = spare;
  }

  /** The engine has put this key in force. */
  use(key: PrivateKey): void {
    this.#current = key;
    this.#settleOn(key);
  }

  /** The engine admits {@link current}. */
  admitted(): void {
    this.#refusals = 0;
    this.#settleOn(this.#current);
  }

  /**
   * Writes down which key is in force, for a next run that finds no engine: it builds the network with that one.
   * @throws BanyanError `host`.
   */
  async remember(): Promise<void> {
    const spare = this.#spare;
    if (!spare) return;
    const saved = await this.file.read();
    if (!saved?.privateKey.publicKey.equals(spare.publicKey)) return;
    const inForce = this.#current.publicKey.equals(spare.publicKey);
    if (inForce !== saved.inForce) await this.file.setInForce(spare, inForce);
  }

  /** Time has passed without an answer: a key that was refused before may be in force by now. */
  undecided(): void {
    this.#refusals = 0;
  }

  /**
   * Nobody has answered. The tunnel is silent to a key that is not in force, and may be the only way there is; so the
   * other one has the next attempt. Nothing follows from silence: the key believed in force stays that.
   */
  unanswered(): void {
    this.undecided();
    this.#current = this.#otherThan(this.#current) ?? this.#current;
  }

  /**
   * The engine has refused the key in use, by a proven answer. Of two keys, the first is tried again after the other:
   * in between the engine may have put it back.
   * @returns whether there is another to try, which is in use then.
   */
  refused(): boolean {
    this.#refusals += 1;
    const other = this.#otherThan(this.#current);
    if (!other || this.#refusals === 3) {
      this.#refusals = 0;
      return false;
    }
    this.#current = other;
    return true;
  }

  /** The config has the spare key now, and the file is gone. */
  wasAdopted(key: PrivateKey): void {
    this.#configured = key;
    this.#spare = undefined;
    this.adopted.next(key.publicKey);
  }

  #otherThan({ publicKey }: PrivateKey): PrivateKey | undefined {
    return [this.#configured, this.#spare].find((key) => key && !key.publicKey.equals(publicKey));
  }

  #settleOn(key: PrivateKey): void {
    if (this.#ofNetwork.publicKey.equals(key.publicKey)) return;
    this.#ofNetwork = key;
    this.changes.next();
  }
}
