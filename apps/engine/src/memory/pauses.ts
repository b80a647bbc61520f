/**
 * Below it nothing much is happening: a thousand idle agents take a quarter of it. Of time and not of the processor,
 * which is little too where others take it while there is work.
 */
const BUSY = 0.1;
/** Looks in a row that find nothing, before it is a pause: load about that share is none at every other look. */
const QUIET_LOOKS = 3;
/** Looks for which memory is saved as a pause begins, and from that to the next time while the pause lasts. */
const SAVING_LOOKS = 12;
const ROUND_LOOKS = 120;
/** Of all looks, the part that may save; and how many may that were not used: an engine that starts has its pause before its work. */
const SAVING_SHARE = SAVING_LOOKS / ROUND_LOOKS;
const MOST_LEFT = 2 * SAVING_LOOKS;

/** When there is time to give memory back: as a pause begins, and now and then while it lasts. Pure. */
export class Pauses {
  #quietLooks = 0;
  /** Looks that may save. */
  #left = MOST_LEFT;

  /**
   * @param share of the time since the last look in which there was work.
   * @returns whether memory is to be saved until the next one.
   */
  look(share: number): boolean {
    this.#left = Math.min(MOST_LEFT, this.#left + SAVING_SHARE);
    this.#quietLooks = share >= BUSY ? 0 : this.#quietLooks + 1;
    const paused = this.#quietLooks - QUIET_LOOKS;
    if (paused < 0 || paused % ROUND_LOOKS >= SAVING_LOOKS || this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}
