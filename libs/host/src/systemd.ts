import { run } from './run.js';

/**
 * Tells systemd how the service is doing (sd_notify(3)); nothing when it did not start us. Node has no Unix
 * datagram sockets, so `systemd-notify` speaks for us, which `NotifyAccess=all` in the unit allows.
 * @throws BanyanError `host` when it cannot be told that this is ready.
 */
export async function notifySystemd(state: 'READY=1' | 'STOPPING=1'): Promise<void> {
  if (!process.env.NOTIFY_SOCKET) return;
  const told = run('systemd-notify', [`--pid=${process.pid}`, state]);
  // Who is not ready for systemd is killed in the end, and should say why; who stops has more to do than to say so.
  await (state === 'READY=1' ? told : told.catch(() => undefined));
}
