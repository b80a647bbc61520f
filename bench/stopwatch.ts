/**
 * Runs the commands given as JSON (name to argument array) in turns, in whatever host it is started on, and
 * prints the milliseconds each took, as JSON: entering a host is not part of what is timed.
 */
import { execFileSync } from 'node:child_process';
import { alternated } from './rounds.js';

const commands = JSON.parse(process.argv[2] ?? '{}') as Record<string, [string, ...string[]]>;
const time =
  ([program, ...args]: [string, ...string[]]) =>
  () => {
    const started = performance.now();
    execFileSync(program, args, { stdio: 'pipe', timeout: 30_000 });
    return performance.now() - started;
  };
const timed = Object.fromEntries(Object.entries(commands).map(([name, argv]) => [name, time(argv)]));
// Once for the files that are read and the code that is compiled for the first time.
for (const run of Object.values(timed)) run();
console.log(JSON.stringify(await alternated(timed, 15)));
