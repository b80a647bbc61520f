import type { EngineConnection } from '#channel';
import type { CliSettings } from '#config';
import { facts } from '../table.js';

/** What `banyan-cli status` says. */
export interface OperatorReport {
  readonly channel: 'tunnel' | 'direct' | 'loopback';
  /** The name by which the whitelist knows the caller. */
  readonly identity: string;
  readonly round_trip_ms: number;
  readonly engine: {
    readonly host: string;
    readonly port: number;
    readonly version: string;
    readonly public_key: string;
    readonly fingerprint: string;
    /** False while the key was only trusted on first use. */
    readonly key_confirmed: boolean;
  };
  readonly tunnel: { readonly up: boolean; readonly detail: string };
  readonly agents: { readonly online: number; readonly total: number };
}

export async function operatorReport(
  settings: CliSettings,
  engine: EngineConnection,
): Promise<OperatorReport> {
  const sent = performance.now();
  const status = await engine.call('status', {});
  const roundTripMs = performance.now() - sent;
  return {
    channel: engine.channel,
    identity: status.identity,
    round_trip_ms: Math.round(roundTripMs * 10) / 10,
    engine: {
      host: settings.engineHost,
      port: settings.enginePort,
      version: status.engineVersion,
      public_key: engine.engineKey.text,
      fingerprint: engine.engineKey.fingerprint,
      key_confirmed: engine.engineKeyConfirmed,
    },
    tunnel: engine.tunnel,
    agents: { online: status.agentsOnline, total: status.agentsTotal },
  };
}

export function operatorText({
  channel,
  identity,
  engine,
  tunnel,
  agents,
  round_trip_ms,
}: OperatorReport): string {
  const why = tunnel.up ? 'it does not answer' : tunnel.detail;
  return facts([
    ['path', channel === 'tunnel' ? channel : `${channel} (tunnel: ${why})`],
    ['identity', identity],
    ['engine', `${engine.host} port ${engine.port}, version ${engine.version}`],
    ['engine key', engine.key_confirmed ? engine.fingerprint : 'unconfirmed (first use)'],
    ...(engine.key_confirmed ? [] : [['fingerprint', engine.fingerprint] as const]),
    ['round trip', `${round_trip_ms} ms`],
    ['agents', `${agents.online} of ${agents.total} online`],
  ]);
}
