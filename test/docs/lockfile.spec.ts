import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkoutRoot } from '../lab/checkout.js';

interface Lockfile {
  readonly packages: Record<string, { readonly integrity?: string; readonly resolved?: string }>;
}

describe('package-lock.json', () => {
  it('names the source and the hash of every package, also of those for other platforms', async () => {
    const text = await readFile(join(checkoutRoot(), 'package-lock.json'), 'utf8');
    const { packages } = JSON.parse(text) as Lockfile;
    const unsure = Object.entries(packages).filter(
      ([path, { integrity, resolved }]) =>
        path !== '' &&
        !(integrity?.startsWith('sha512-') && resolved?.startsWith('https://registry.npmjs.org/')),
    );
    expect(unsure.map(([path]) => path)).toEqual([]);
  });
});
