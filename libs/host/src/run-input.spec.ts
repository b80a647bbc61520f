import { run } from './run.js';

describe('the input of a program', () => {
  it('can be opened again as /dev/stdin, as `wg` does with a private key', async () => {
    expect(await run('cat', ['/dev/stdin'], { input: 'secret' })).toEqual({
      exitCode: 0,
      stdout: 'secret',
      stderr: '',
    });
  });

  it('can be read from the inherited descriptor, as `ip -batch -` does', async () => {
    expect((await run('cat', [], { input: 'a line' })).stdout).toBe('a line');
  });

  it('arrives whole when it is larger than any pipe', async () => {
    const result = await run('wc', ['-c'], { input: 'x'.repeat(5_000_000) });
    expect(result.stdout.trim()).toBe('5000000');
  });

  it('has no name that another process could open', async () => {
    const result = await run('readlink', ['/proc/self/fd/0'], { input: 'secret' });
    expect(result.stdout).toMatch(/ \(deleted\)$/);
  });
});
