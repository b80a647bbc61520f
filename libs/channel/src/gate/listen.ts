import { once } from 'node:events';
import { chmod, rm } from 'node:fs/promises';
import { connect, createServer, type ListenOptions, type Server as Listener, type Socket } from 'node:net';
import { BanyanError, codeOf, messageOf } from '#errors';
import { fileError } from '#host';
import type { Log } from '#log';

/** Why a port could not be opened, with the setting that names it. */
export function bindError(error: unknown, port: number): BanyanError {
  switch (codeOf(error)) {
    case 'EADDRINUSE':
      return new BanyanError('conflict', `TCP port ${port} is in use by another program`, {
        remedy: `See who has it with \`ss -ltnp 'sport = :${port}'\`; end that program, or choose another port with engine.grpc_port.`,
        cause: error,
      });
    case 'EACCES':
      return new BanyanError('host', `TCP port ${port} may not be opened by this user`, {
        remedy: 'Run as root, or choose a port above 1023 with engine.grpc_port.',
        cause: error,
      });
    default:
      return new BanyanError('host', `TCP port ${port} cannot be opened: ${messageOf(error)}`, {
        cause: error,
      });
  }
}

/**
 * Opens a port and lets go of it: for those who want to know before they change anything on this host.
 * @throws BanyanError as {@link bindError}.
 */
export async function refuseTakenPort(port: number): Promise<void> {
  const probe = createServer();
  try {
    await once(probe.listen(port), 'listening');
  } catch (error) {
    throw bindError(error, port);
  }
  probe.close();
  await once(probe, 'close');
}

/** @throws BanyanError `conflict` when a living process answers on this Unix socket. */
export async function refuseLiveSocket(path: string): Promise<void> {
  const alive = await new Promise<boolean>((resolve) => {
    const probe = connect(path);
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', () => resolve(false));
  });
  if (alive) {
    throw new BanyanError('conflict', `another banyan-engine is running here: it answers on ${path}`, {
      remedy: 'Stop it first (`systemctl stop banyan-engine`), or give this one another engine.run_dir.',
    });
  }
}

/** Opens a door. @throws what `refusal` makes of what keeps it from that. */
export function listening(
  listener: Listener,
  at: ListenOptions,
  refusal: (error: Error) => BanyanError,
  log: Log,
): Promise<void> {
  return new Promise((resolve, reject) => {
    // Not once: what fails later is one connection that could not be taken, and unheard would end the process.
    listener.on('error', (error) => (listener.listening ? sayUntaken(error, log) : reject(refusal(error))));
    listener.listen(at, resolve);
  });
}

function sayUntaken(error: Error, log: Log): void {
  log.say(
    'connection.untaken',
    `a connection could not be taken: ${messageOf(error)}. Raise fs.file-max of this host, or see what uses its memory`,
  );
}

/**
 * Listens on a Unix socket that is 0600 from its first moment: whoever can open it is root or this process's user. One
 * that was left behind is replaced.
 * @throws BanyanError `host` when it cannot be made.
 */
export async function listenPrivately(
  path: string,
  onSocket: (socket: Socket) => void,
  log: Log,
): Promise<Listener> {
  await rm(path, { force: true }).catch((error: unknown) => {
    throw fileError('replace', path, error);
  });
  const listener = createServer(onSocket);
  const umask = process.umask(0o177);
  try {
    await listening(listener, { path }, (error) => fileError('open', path, error), log);
    await chmod(path, 0o600);
  } finally {
    process.umask(umask);
  }
  return listener;
}
