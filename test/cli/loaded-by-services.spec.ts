import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { checkoutRoot } from '../lab/checkout.js';

/** Prints which of Node's own modules are there when a service has loaded what it runs with. */
const PROGRAM = `
  for (const file of process.argv.slice(1)) await import(file);
  console.log(process.moduleLoadList.join('\\n'));
`;

describe('A service', () => {
  it.each(['engine', 'agent'])('of the %s loads no web client, which would take 4 MiB', (role) => {
    const dist = join(checkoutRoot(), 'dist');
    const files = [join(dist, `apps/${role}/src/start.js`), join(dist, 'libs/metrics/src/index.js')];
    const args = ['--input-type=module', '--eval', PROGRAM, ...files];
    const loaded = execFileSync(process.execPath, args, { cwd: dist, encoding: 'utf8' }).split('\n');
    expect(loaded).toContain('NativeModule http');
    expect(loaded.filter((module) => module.includes('undici'))).toEqual([]);
  });
});
