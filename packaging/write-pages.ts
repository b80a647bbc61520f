/**
 * Writes manual pages and completions into the tree of a package:
 * `node write-pages.js ROOT VERSION DATE`. Uncompressed; scripts/package compresses the pages.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PROGRAMS } from '../apps/cli/src/program.js';
import { describedFields } from '#config';
import { commandLineOf } from './command-line.js';
import { bashCompletion, zshCompletion } from './completion.js';
import { configPage, programPage, sectionOf } from './manual-page.js';

const [root, version, date] = process.argv.slice(2) as [string, string, string];
const share = join(root, 'usr/share');

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(share, path)), { recursive: true });
  await writeFile(join(share, path), text);
}

for (const program of Object.values(PROGRAMS)) {
  const line = await commandLineOf(program, join(import.meta.dirname, '../apps/cli/src'));
  const section = sectionOf(line.name);
  await write(`man/man${section}/${line.name}.${section}`, programPage(line, { version, date }));
  await write(`bash-completion/completions/${line.name}`, bashCompletion(line));
  await write(`zsh/vendor-completions/_${line.name}`, zshCompletion(line));
}
await write('man/man5/banyan.yaml.5', configPage(describedFields(), { version, date }));
