import { follow } from './follow.js';

describe('a program that is followed', () => {
  it('gives a sign whenever it says something, and ends when it is stopped', async () => {
    const spoke = Promise.withResolvers<void>();
    const following = follow('sh', ['-c', 'echo something; exec sleep 60'], () => spoke.resolve());
    await spoke.promise;
    await following.stop();
    expect(await following.ended).toBe('it ended with SIGTERM');
  });

  it('is stopped also when it has left somebody behind who could still speak', async () => {
    const spoke = Promise.withResolvers<void>();
    const following = follow('sh', ['-c', 'sleep 20 & echo started; wait'], () => spoke.resolve());
    await spoke.promise;
    const before = performance.now();
    await following.stop();
    expect(performance.now() - before).toBeLessThan(15_000);
  });

  it('says why it ended by itself', async () => {
    expect(await follow('sh', ['-c', 'echo no rights >&2; exit 3'], () => undefined).ended).toBe('no rights');
    expect(await follow('sh', ['-c', 'exit 3'], () => undefined).ended).toBe('it ended with 3');
    expect(await follow('/nonexistent/program', [], () => undefined).ended).toContain('ENOENT');
  });
});
