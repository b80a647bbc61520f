import { spawn } from 'node:child_process';
import { messageOf } from '#errors';

/** A program that runs until it is stopped. */
export interface Following {
  /** How it ended, in words; never rejects. */
  readonly ended: Promise<string>;
  /** Ends it, and waits for that. */
  stop(): Promise<void>;
}

/**
 * Starts one program, never a shell, that says something whenever something happens, such as `ip monitor`. What it
 * says is not handed on: it is a reason to look. One that we leave behind, because we are killed, ends when it next
 * has something to say.
 */
export type Follow = (program: string, args: readonly string[], onOutput: () => void) => Following;

export const follow: Follow = (program, args, onOutput) => {
  const child = spawn(program, [...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let complaint = '';
  child.stdout.on('data', onOutput);
  child.stderr
    .setEncoding('utf8')
    .on('data', (text: string) => (complaint = (complaint + text).slice(-1_000)));
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(messageOf(error)));
    child.once('close', (code, signal) => {
      resolve(complaint.trim().split('\n', 1)[0] || `it ended with ${code ?? signal ?? 'nothing'}`);
    });
  });
  return {
    ended,
    async stop() {
      child.kill('SIGTERM');
      // A child of its own may hold the other ends.
      child.stdout.destroy();
      child.stderr.destroy();
      await ended;
    },
  };
};
