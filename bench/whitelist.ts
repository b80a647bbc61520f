/**
 * How long ten thousand clients take to load, and how long one more takes to be admitted.
 *
 * Beside each figure: what reading the same files and nothing else takes in the same run.
 */
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { firstValueFrom } from 'rxjs';
import { TIMING } from '../apps/engine/src/whitelist/options.js';
import { WhitelistService } from '../apps/engine/src/whitelist/whitelist.service.js';
import { freeKeys, newKey } from '../libs/whitelist/testing/keys.js';
import { tunnelAddress, type PublicKey } from '#crypto';
import { note, ratios, report, ROUNDS, type Figure } from './rounds.js';

const COUNT = 10_000;

interface Round {
  readonly load: number;
  readonly add: number;
  readonly bareRead: number;
  readonly admitted: number;
}

async function timed(work: () => unknown): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

async function round(root: string, keys: string, added: PublicKey): Promise<Round> {
  const bareRead = await timed(() => {
    for (const name of readdirSync(keys)) readFileSync(join(keys, name), 'utf8');
  });
  const stateDir = mkdtempSync(join(root, 'state-'));
  const whitelist = new WhitelistService({ directory: keys, stateDir, ownKeys: [], timing: TIMING });
  try {
    const load = await timed(() => whitelist.onModuleInit());
    const admitted = whitelist.snapshot.size;
    // The watch's first hint leads to one more reading; the figure is for an engine at rest.
    await new Promise((resume) => setTimeout(resume, 3 * TIMING.patience));
    const change = firstValueFrom(whitelist.changes);
    const add = await timed(async () => {
      writeFileSync(join(keys, 'one-more.pub'), `${added.text}\n`);
      await change;
    });
    if (whitelist.snapshot.find(added.text) === undefined)
      throw new Error('the added client is not admitted');
    return { load, add, bareRead, admitted };
  } finally {
    await whitelist.onModuleDestroy();
    rmSync(join(keys, 'one-more.pub'), { force: true });
  }
}

async function measure(what: string, present: readonly PublicKey[], added: PublicKey): Promise<Figure[]> {
  const root = mkdtempSync(join(tmpdir(), 'banyan-bench-'));
  try {
    const keys = join(root, 'keys');
    mkdirSync(keys);
    for (const [index, key] of present.entries())
      writeFileSync(join(keys, `client-${index}.pub`), `${key.text}\n`);
    const rounds: Round[] = [];
    for (let index = 0; index < ROUNDS; index += 1) rounds.push(await round(root, keys, added));
    const each = (figure: keyof Round): number[] => rounds.map((one) => one[figure]);
    note(`admitted of ${present.length}, ${what}`, each('admitted'), 'clients');
    note('first load, of reading the files bare', ratios(each('load'), each('bareRead')), 'times');
    return [
      { what: `whitelist: first load, ${what}`, limit: { atMost: 1500 }, values: each('load'), unit: ' ms' },
      {
        what: `whitelist: effect of one, ${what}`,
        limit: { atMost: 1000 },
        values: each('add'),
        unit: ' ms',
      },
    ];
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

// A whitelist keeps no process alive.
const alive = setInterval(() => undefined, 1000);
const [added, ...free] = freeKeys(COUNT + 1) as [PublicKey, ...PublicKey[]];
const random = Array.from({ length: COUNT }, newKey).filter(
  (key) => tunnelAddress(key) !== tunnelAddress(added),
);
report([
  ...(await measure(`${COUNT} keys, addresses of their own`, free, added)),
  ...(await measure(`${COUNT} random keys`, random, added)),
]);
clearInterval(alive);
