import { awaiting } from './awaited.js';
import { shutDown } from './shut-down.js';

const never = new Promise<never>(() => undefined);

describe('the end of a service', () => {
  /** What it said and the exit code, when it ends the process. */
  function ended(work: () => Promise<void>, limit: number, impatience: Promise<string> = never) {
    const said: string[] = [];
    return new Promise<string>((resolve, reject) => {
      const exit = (code: 1): void => resolve(`${said.join('; ')}; exit ${code}`);
      shutDown(work, { limit, impatience, say: (sentence) => said.push(sentence), exit }).then(
        () => resolve('ended by itself'),
        reject,
      );
    });
  }

  it('is waited for', async () => {
    expect(await ended(() => Promise.resolve(), 60_000)).toBe('ended by itself');
  });

  it('is not waited for longer than the limit, and what it was waiting for is said', async () => {
    const work = () => awaiting('`nft`', awaiting('the control tunnel', never));
    expect(await ended(work, 20)).toBe(
      'not stopped within 0.02 s: ended while waiting for the control tunnel, `nft`; exit 1',
    );
  });

  it('is not waited for after a second signal', async () => {
    expect(await ended(() => never, 60_000, Promise.resolve('SIGINT'))).toMatch(
      /^SIGINT again: ended while waiting for .*; exit 1$/,
    );
  });

  it('fails as its work fails', async () => {
    await expect(ended(() => Promise.reject(new Error('no')), 60_000)).rejects.toThrow('no');
  });
});
