import type { AgentSettings } from '#config';
import { run } from '#host';
import { log } from '#log';
import { ClientTunnel, systemTunnelHost } from '#tunnel';

/** The agent's end of the control tunnel. Whether this host can have one is for `up` to find out, each time anew. */
export function makeTunnel({ privateKey }: AgentSettings): ClientTunnel {
  return new ClientTunnel({ host: systemTunnelHost(run), log, role: 'agent', privateKey });
}
