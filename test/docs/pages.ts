/**
 * The pages that are written from the code; `scripts/reference` writes them, `scripts/reference --check` fails when one
 * is not what the code says.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { checkoutRoot } from '../lab/checkout.js';
import { commands } from './commands.js';
import { configuration } from './configuration.js';
import { troubleshooting } from './troubleshooting.js';

const PAGES = {
  'docs/commands.md': commands,
  'docs/configuration.md': configuration,
  'docs/troubleshooting.md': troubleshooting,
};

/** The text of each page by its path, as it is to be committed. */
export async function pages(): Promise<Record<string, string>> {
  const style = await resolveConfig(join(checkoutRoot(), 'docs/commands.md'));
  const texts = Object.entries(PAGES).map(async ([path, page]) => {
    return [path, await format(await page(), { ...style, parser: 'markdown' })] as const;
  });
  return Object.fromEntries(await Promise.all(texts));
}

/** Writes them, or only looks. @returns the paths of those that were not what the code says. */
async function settle(mayWrite: boolean): Promise<string[]> {
  const stale: string[] = [];
  for (const [path, text] of Object.entries(await pages())) {
    const file = join(checkoutRoot(), path);
    if ((await readFile(file, 'utf8').catch(() => '')) === text) continue;
    stale.push(path);
    if (mayWrite) await writeFile(file, text);
  }
  return stale;
}

if (process.argv[1] === import.meta.filename) {
  const check = process.argv[2] === '--check';
  const stale = await settle(!check);
  if (check && stale.length > 0) {
    console.error(`not what the code says: ${stale.join(', ')}; run scripts/reference and commit the result`);
    process.exitCode = 1;
  }
}
