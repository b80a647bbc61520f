import type { TunnelPath } from '#channel';
import type { AgentSettings } from '#config';

export function makeTunnel(_settings: AgentSettings): TunnelPath | undefined {
  return undefined;
}
