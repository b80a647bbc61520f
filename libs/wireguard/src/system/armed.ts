import { randomBytes } from 'node:crypto';
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { BanyanError, codeOf } from '#errors';
import { makeDirectory, runOrThrow, type Run } from '#host';
import type { ArmedChange } from '../device.js';

const DIRECTORY = '/run/banyan';
/** How long `wg` may take to start, and to be kept waiting, milliseconds. */
const START_MS = 5_000;
const WAIT_MS = 15_000;
const LOOK_MS = 5;

/**
 * Starts `wg` with a FIFO for its input, at which it waits: to start a process takes longer, and on a busy host at
 * another time than on the next, than what it then does. The FIFO is 0600 and has no name any more when this resolves.
 *
 * @param words of `wg`, before the path of its input.
 * @param input what it is given in the end, at once: less than a pipe holds (4096 bytes, pipe(7)).
 * @throws BanyanError `host`.
 */
export async function armed(run: Run, words: readonly string[], input: string): Promise<ArmedChange> {
  const path = join(DIRECTORY, `wg-${randomBytes(6).toString('hex')}`);
  await makeDirectory(DIRECTORY, 0o755);
  await runOrThrow(run, 'mkfifo', ['-m', '600', path]);
  let running = true;
  const ended = runOrThrow(run, 'wg', [...words, path], { timeout: WAIT_MS }).finally(
    () => (running = false),
  );
  // Whoever fires awaits it.
  ended.catch(() => undefined);
  try {
    const fifo = await writingEnd(path, () => running);
    return {
      fire: async () => {
        try {
          writeSync(fifo, input);
        } finally {
          closeSync(fifo);
        }
        await ended;
      },
      disarm: async () => {
        // Of an empty input it makes nothing, or an error that nobody minds.
        closeSync(fifo);
        await ended.catch(() => undefined);
      },
    };
  } finally {
    await rm(path, { force: true });
  }
}

/** Opens when `wg` has opened the other end (ENXIO before, fifo(7)). */
async function writingEnd(path: string, isRunning: () => boolean): Promise<number> {
  const deadline = performance.now() + START_MS;
  for (;;) {
    try {
      return openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
    } catch (error) {
      if (codeOf(error) !== 'ENXIO') throw error;
      if (!isRunning() || performance.now() > deadline) {
        throw new BanyanError('host', '`wg` did not get ready', { cause: error });
      }
    }
    await delay(LOOK_MS);
  }
}
