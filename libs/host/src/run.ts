import { BanyanError } from '#errors';
import { awaiting } from './awaited.js';
import { withUnnamedFile } from './unnamed-file.js';

export interface RunOptions {
  /** Written to standard input: the only way a private key may reach another program. */
  readonly input?: string;
  /** Milliseconds; a tool that hangs is ended and counts as failed. */
  readonly timeout?: number;
}

export interface RunResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs one program, never a shell, and says how it ended. Injected wherever something is run, so that
 * tests see what would run.
 *
 * @throws BanyanError `host` when the program is not installed or does not end in time.
 */
export type Run = (program: string, args: readonly string[], options?: RunOptions) => Promise<RunResult>;

const PACKAGE_OF: Record<string, string> = {
  wg: 'wireguard-tools',
  ip: 'iproute2',
  nft: 'nftables',
  ping: 'iputils-ping',
};

/** The only place of the project that starts processes and waits for them. */
export const run: Run = (program, args, options = {}) =>
  options.input === undefined
    ? start(program, args, options, 'ignore')
    : withUnnamedFile(options.input, (descriptor) => start(program, args, options, descriptor));

async function start(
  program: string,
  args: readonly string[],
  options: RunOptions,
  stdin: 'ignore' | number,
): Promise<RunResult> {
  // Not at the top: it takes three times as long to load as Node, and most commands run nothing.
  const { execa } = await import('execa');
  const running = execa(program, [...args], {
    reject: false,
    // execa takes any descriptor; its types name only a few.
    stdin: stdin as 'ignore',
    timeout: options.timeout ?? 10_000,
    // The tools' output is parsed: no translation, no colour.
    env: { LC_ALL: 'C', NO_COLOR: '1' },
    maxBuffer: 64 * 1024 * 1024,
  });
  const result = await awaiting(`\`${program}\``, running);
  if (result.code === 'ENOENT') {
    const debian = PACKAGE_OF[program];
    throw new BanyanError('host', `\`${program}\` is not installed`, {
      remedy: debian ? `apt-get install ${debian}` : `Install ${program} and make sure it is on PATH.`,
    });
  }
  if (result.timedOut)
    throw new BanyanError('host', `\`${program}\` did not end within ${options.timeout ?? 10_000} ms`);
  if (result.exitCode === undefined) {
    throw new BanyanError(
      'host',
      `\`${program}\` could not be run: ${result.originalMessage ?? 'unknown cause'}`,
    );
  }
  return { exitCode: result.exitCode, stdout: result.stdout, stderr: result.stderr };
}

/** As {@link Run}, for programs whose failure is an error. @throws BanyanError `host` with what the program said. */
export async function runOrThrow(
  run: Run,
  program: string,
  args: readonly string[],
  options?: RunOptions,
): Promise<string> {
  const { exitCode, stdout, stderr } = await run(program, args, options);
  if (exitCode !== 0) {
    throw new BanyanError(
      'host',
      `\`${program} ${args.join(' ')}\` failed: ${firstLine(stderr) || `exit code ${exitCode}`}`,
    );
  }
  return stdout;
}

function firstLine(text: string): string {
  return text.trim().split('\n', 1)[0] ?? '';
}
