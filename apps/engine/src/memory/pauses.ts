/**
 * Below it nothing much is happening: a thousand idle agents take a quarter of it. Of time and not of the processor,
 * which is little too where others take it while there is work.
 */
const BUSY = 0.1;
/** Looks at the beginning of a pause at which memory is saved; and after which it is saved again, while the pause lasts. */
const SAVING_LOOKS = 12;
const ROUND_LOOKS = 120;

/** When there is time to give memory back: as a pause begins, and now and then while it lasts. Pure. */
export class Pauses {
  #quietLooks = 0;

  /**
   * @param share of the time since the last look in which there was work.
   * @returns whether memory is to be saved until the next one.
   */
  look(share: number): boolean {
    if (share >= BUSY) {
      this.#quietLooks = 0;
      return false;
    }
    const saves = this.#quietLooks % ROUND_LOOKS < SAVING_LOOKS;
    this.#quietLooks += 1;
    return saves;
  }
}
