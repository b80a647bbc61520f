import { log, NOWHERE } from '../index.js';

/** What the log of this process writes from now on, as it comes, each as `<4>EVENT NAME: MESSAGE`. */
export function hearLog(): string[] {
  const lines: string[] = [];
  log.flush();
  log.target = { journal: true, write: (line) => void lines.push(line) };
  return lines;
}

/** As before. */
export function leaveLog(): void {
  log.target = NOWHERE;
}
