import { run } from './run.js';

/**
 * Tells systemd how the service is doing (sd_notify(3)); nothing when it did not start us. Node has no Unix
 * datagram sockets, so `systemd-notify` speaks for us, which `NotifyAccess=all` in the unit allows.
 */
export async function notifySystemd(state: 'READY=1' | 'STOPPING=1'): Promise<void> {
  if (!process.env.NOTIFY_SOCKET) return;
  await run('systemd-notify', [`--pid=${process.pid}`, state]);
}
