import { jest } from '@jest/globals';
import { whileWaiting } from './while-waiting.js';

describe('what takes long', () => {
  let said: string[];
  const terminal = { isTTY: true, columns: 12, write: (text: string) => said.push(text) };
  beforeEach(() => {
    said = [];
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  const waited = async (to: { isTTY?: boolean; write(text: string): unknown }, ms: number) => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const done = whileWaiting('Asking', promise, to);
    await jest.advanceTimersByTimeAsync(ms);
    resolve('answer');
    expect(await done).toBe('answer');
  };

  it('is said on a terminal after a second, every second, and wiped', async () => {
    await waited(terminal, 2_500);
    expect(said).toEqual(['\r\x1b[KAsking: 1 s', '\r\x1b[KAsking: 2 s', '\r\x1b[K']);
  });

  it('is not said when it does not take long, nor where there is no terminal', async () => {
    await waited(terminal, 900);
    await waited({ write: terminal.write }, 5_000);
    expect(said).toEqual([]);
  });

  it('is wiped when it fails', async () => {
    const { promise, reject } = Promise.withResolvers<string>();
    const done = expect(whileWaiting('Asking the engine', promise, terminal)).rejects.toThrow('no');
    await jest.advanceTimersByTimeAsync(1_000);
    reject(new Error('no'));
    await done;
    expect(said).toEqual(['\r\x1b[KAsking the ', '\r\x1b[K']);
  });
});
