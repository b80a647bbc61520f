import { Logger } from '@nestjs/common';
import type { AgentSettings } from '#config';
import { run } from '#host';
import { ClientTunnel, systemTunnelHost } from '#tunnel';

/** The agent's end of the control tunnel. Whether this host can have one is for `up` to find out, each time anew. */
export function makeTunnel({ privateKey }: AgentSettings): ClientTunnel {
  const logger = new Logger('tunnel');
  const log = {
    info: (message: string): void => logger.log(message),
    warn: (message: string): void => logger.warn(message),
    error: (message: string): void => logger.error(message),
  };
  return new ClientTunnel({ host: systemTunnelHost(run), log, role: 'agent', privateKey });
}
