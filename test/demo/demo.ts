/**
 * The story of Banyan on four test hosts, told with the commands a user types; `scripts/demo` runs it.
 * Ends with 0 only when every step did what it should and the wire showed nothing but WireGuard.
 */
import { Lab } from '../lab/index.js';
import type { Runtime } from './runtime.js';
import { Stage } from './stage.js';
import { tellStory } from './story.js';

const [option, ...rest] = process.argv.slice(2);
if (rest.length > 0 || (option !== undefined && option !== '--keep')) {
  console.error('usage: scripts/demo [--keep]   (--keep: leave the hosts up, to look around)');
  process.exit(2);
}

const interrupt = new Promise<void>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
});
const stage = new Stage((line) => console.log(line));
const lab = await Lab.create('demo');
const runtimes: Runtime[] = [];
try {
  // A story that is broken off leaves nothing behind either.
  const hosts = await Promise.race([
    tellStory(lab, stage, runtimes),
    interrupt.then(() => Promise.reject(new Error('it was interrupted'))),
  ]);
  if (option === '--keep') {
    stage.title('The hosts stay up until you press Ctrl-C. To enter one, from another terminal:');
    for (const host of hosts) stage.note(`sudo ${host.shellCommand}   # ${host.name}`);
    // A signal alone keeps no process alive.
    const alive = setInterval(() => undefined, 60_000);
    await interrupt;
    console.log('\nTaking the hosts down.');
    clearInterval(alive);
  }
} catch (error) {
  console.error(`\nThe demo failed: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
} finally {
  for (const runtime of runtimes) await runtime.destroy().catch((error: unknown) => console.error(error));
  await lab.destroy();
}
