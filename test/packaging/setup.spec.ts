import { execa } from 'execa';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { checkoutRoot } from '../lab/checkout.js';

it('scripts/setup does nothing to a checkout that is set up', async () => {
  const root = checkoutRoot();
  const made = () =>
    Promise.all(
      ['node_modules/.package-lock.json', 'node_modules/.bin/node', 'dist/apps/cli/src/agent/main.js'].map(
        async (path) => {
          const { ino, mtimeMs } = await stat(join(root, path));
          return { path, ino, mtimeMs };
        },
      ),
    );
  const before = await made();
  const { stdout } = await execa(join(root, 'scripts/setup'), { cwd: '/' });
  expect(stdout).not.toContain('installing');
  expect(stdout).toMatch(/==> ready: .*banyan-agent/);
  expect(await made()).toEqual(before);
}, 120_000);
