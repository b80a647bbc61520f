import { connect } from 'node:net';
import { BanyanError, codeOf } from '#errors';

/**
 * Whether a service listens on this Unix socket. Asked of the socket itself, so that a file left behind is not taken for
 * one.
 *
 * @param what it is, for the error.
 * @throws BanyanError `host` when it may not be used.
 */
export function socketAnswers(path: string, what: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error) => {
      if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ECONNREFUSED') return resolve(false);
      reject(
        new BanyanError('host', `cannot use ${what} ${path}: permission denied`, {
          remedy: 'Run this as root.',
          cause: error,
        }),
      );
    });
  });
}

/** `DEADLINE_EXCEEDED` of gRPC. */
const LATE = 4;

/** @returns why a call over such a socket failed: where no answer came, what listens there hangs. */
export function socketFailure(error: unknown, role: 'engine' | 'agent'): unknown {
  const { cause } = error as { cause?: { code?: unknown } };
  if (!(error instanceof BanyanError) || cause?.code !== LATE) return error;
  return new BanyanError('unavailable', `the ${role} on this host runs, and does not answer`, {
    remedy: `sudo systemctl restart banyan-${role}`,
    cause: error,
  });
}
