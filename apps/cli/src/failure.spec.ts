import { BanyanError } from '#errors';
import { failureJson, failureOf, failureText, isExit } from './failure.js';
import { UsageError } from './usage-error.js';

describe('a failure', () => {
  it('is a sentence and a remedy for people, and the same as JSON for programs', () => {
    const failure = failureOf(
      new BanyanError('conflict', 'the name is taken', { remedy: 'Choose another.' }),
      'p',
    );
    expect(failure.exitCode).toBe(1);
    expect(failureText(failure)).toBe('Error: the name is taken\nTry: Choose another.\n');
    expect(JSON.parse(failureJson(failure))).toEqual({
      error: { kind: 'conflict', message: 'the name is taken', remedy: 'Choose another.' },
    });
  });

  it('of the command line ends with 2', () => {
    expect(failureOf(new UsageError('--x must be y', 'p --help'), 'p')).toMatchObject({
      exitCode: 2,
      kind: 'invalid',
    });
  });

  it('that oclif found is told in one line, with the help of that command as remedy', () => {
    const error = Object.assign(
      new Error(
        'The following error occurred:\n  \x1b[2mMissing required flag name\x1b[22m\nSee more help with --help',
      ),
      {
        oclif: { exit: 2 },
      },
    );
    expect(failureOf(error, 'banyan-engine add-client')).toEqual({
      exitCode: 2,
      kind: 'invalid',
      message: 'Missing required flag name',
      remedy: 'banyan-engine add-client --help',
    });
  });

  it.each([
    [
      'Missing 1 required arg:\nname  name of the agent\nSee more help with --help',
      'Missing 1 required arg: name',
    ],
    [
      'The following error occurred:\n  Parsing --count \n\tExpected an integer but received: x\nSee more help with --help',
      '--count: expected an integer but received: x',
    ],
  ])('that oclif lays out in columns is told without them', (message, told) => {
    const error = Object.assign(new Error(message), { oclif: { exit: 2 } });
    expect(failureOf(error, 'p').message).toBe(told);
  });

  it('that nobody foresaw has a message and no stack', () => {
    expect(failureText(failureOf(new TypeError('x is not a function'), 'p'))).toBe(
      'Error: x is not a function\n',
    );
  });

  it('cannot act on the terminal', () => {
    const { message } = failureOf(new BanyanError('invalid', 'a\x1b[2Jb\u202ec\nd'), 'p');
    expect(message).toBe('a\ufffd[2Jb\ufffdc\ufffdd');
  });

  it('is not what oclif throws to leave early', () => {
    expect(isExit(Object.assign(new Error(), { code: 'EEXIT', oclif: { exit: 0 } }))).toBe(true);
    expect(isExit(new Error('no'))).toBe(false);
  });
});
