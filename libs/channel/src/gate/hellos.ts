/** Record header (5), handshake header (4), legacy version (2): RFC 8446, sections 4.1.2 and 5.1. */
const RANDOM_AT = 11;
const RANDOM_BYTES = 32;
/** A record that holds a hello's random as a whole; smaller ones are what no client sends. */
export const LEAST_HELLO_BYTES = RANDOM_AT + RANDOM_BYTES;

/** Hellos remembered at least; twice as many at most, which is two megabytes. */
const REMEMBERED = 8_192;

/**
 * The hellos of TLS that have come, by their random. A hello that names a key carries the proof that its sender knows
 * the secret, and so does a copy of it that somebody has recorded; but a copy cannot have another random, for the
 * proof covers it (RFC 8446, sections 4.2.11.2 and 8.2). Of bounded memory: the oldest are forgotten.
 */
export class Hellos {
  #recent = new Set<string>();
  #older = new Set<string>();

  constructor(private readonly remembered = REMEMBERED) {}

  get size(): number {
    return this.#recent.size + this.#older.size;
  }

  /**
   * @param beginning of a connection: a whole record, of {@link LEAST_HELLO_BYTES} at least.
   * @returns whether it is the first with its random.
   */
  isNew(beginning: Buffer): boolean {
    const random = beginning.toString('latin1', RANDOM_AT, LEAST_HELLO_BYTES);
    if (this.#recent.has(random) || this.#older.has(random)) return false;
    if (this.#recent.size >= this.remembered) {
      this.#older = this.#recent;
      this.#recent = new Set();
    }
    this.#recent.add(random);
    return true;
  }
}
