import { spawn } from 'node:child_process';
import { once } from 'node:events';

/**
 * Runs a program that writes to a store until it is killed: -9, at a moment between its first word and
 * `longestMs` later, which no event announces.
 *
 * @returns the whole lines it said; a line that was cut off is none.
 * @throws Error when it ended by itself.
 */
export async function killedWriter(program: string, stateDir: string, longestMs: number): Promise<string[]> {
  const writer = spawn(process.execPath, [program, stateDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env.PATH },
  });
  const exited = once(writer, 'close');
  let said = '';
  writer.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  try {
    await Promise.race([once(writer.stdout, 'data'), exited]);
    const pause = Math.random() * longestMs;
    await Promise.race([new Promise((resolve) => setTimeout(resolve, pause)), exited]);
  } finally {
    writer.kill('SIGKILL');
    await exited;
  }
  if (writer.signalCode !== 'SIGKILL') throw new Error(`the writer ended by itself: ${writer.exitCode}`);
  return said.split('\n').slice(0, -1);
}
