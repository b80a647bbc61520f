import { lookup } from 'node:dns/promises';
import { networkInterfaces } from 'node:os';
import type { Channel } from '@grpc/grpc-js';
import { ENGINE_TUNNEL_ADDRESS, PublicKey, type PrivateKey } from '#crypto';
import { BanyanError } from '#errors';
import { pause } from '#host';
import type { Log } from '#log';
import { isLoopback, type Path } from '../path.js';
import { claimedEngineKey, dial, target } from './dial.js';
import { EngineConnection, type TunnelReport } from './engine-connection.js';
import { KnownEngines } from './known-engines.js';
import { PskCredentials } from './psk-credentials.js';
import { unreached } from './unreached.js';

/** How long the tunnel has the field to itself before direct TCP is dialled as well. */
const HEAD_START_MS = 1_000;
export const DIAL_TIMEOUT_MS = 6_000;

export interface EngineSettings {
  /** Host name or address. */
  readonly engineHost: string;
  readonly enginePort: number;
  /** UDP port of the engine's `wg-control`. */
  readonly engineWgPort: number;
  readonly privateKey: PrivateKey;
  /** The pinned key; without it the first answer is trusted and remembered in `stateDir`. */
  readonly engineKey?: PublicKey;
  readonly stateDir: string;
  /** Who calls, for what people are told to run. */
  readonly role?: 'agent' | 'cli';
  /** False: a key that is not known yet is believed for this connection, and not remembered. */
  readonly pins?: boolean;
}

/** The tunnel as this file needs it; `ClientTunnel` of #tunnel is one. */
export interface TunnelPath {
  /** Brings `wg-control` up with our key, or says why it cannot be. `engineEndpoint` is `address:port`. */
  up(ends: { privateKey: PrivateKey; engineKey: PublicKey; engineEndpoint: string }): Promise<TunnelReport>;
}

/**
 * Opens the best path to the engine: loopback beside it, else the tunnel, else direct TCP, each with both
 * keys proven, so that no fallback is a downgrade.
 *
 * @param tunnel absent where there can be none (no privilege to make one).
 * @throws BanyanError `unavailable` that says why each path failed.
 */
export async function openEngine(
  settings: EngineSettings,
  log: Log,
  tunnel?: TunnelPath,
): Promise<EngineConnection> {
  const address = await resolve(settings.engineHost);
  const beside = isOwnAddress(address);
  const { key, confirmed } = await engineKey(settings, address, log);
  const report = beside
    ? { up: false, detail: 'not needed: the engine is on this host' }
    : await tunnelReport(settings, tunnel, address);
  const direct = {
    path: beside ? ('loopback' as const) : ('direct' as const),
    at: target(address, settings.enginePort),
  };
  const ways = report.up
    ? [{ path: 'tunnel' as const, at: target(ENGINE_TUNNEL_ADDRESS, settings.enginePort) }, direct]
    : [direct];
  try {
    const won = await firstOf(ways, () => new PskCredentials(settings.privateKey, key));
    return new EngineConnection(
      { channel: won.path, address, engineKey: key, engineKeyConfirmed: confirmed, tunnel: report },
      settings.privateKey.publicKey,
      won.channel,
      won.at,
    );
  } catch (error) {
    throw await explain(error, settings, direct.at, key);
  }
}

/**
 * Whether the tunnel carries a proven connection right now; brings it up first where that is possible.
 * For a component on the direct path that wants to move back.
 */
export async function tunnelAnswers(
  settings: EngineSettings,
  key: PublicKey,
  tunnel: TunnelPath,
): Promise<boolean> {
  try {
    const address = await resolve(settings.engineHost);
    const report = await tunnel.up({
      privateKey: settings.privateKey,
      engineKey: key,
      engineEndpoint: target(address, settings.engineWgPort),
    });
    if (!report.up) return false;
    const at = target(ENGINE_TUNNEL_ADDRESS, settings.enginePort);
    const channel = await dial(at, new PskCredentials(settings.privateKey, key), DIAL_TIMEOUT_MS);
    channel.close();
    return true;
  } catch {
    return false;
  }
}

async function resolve(host: string): Promise<string> {
  try {
    return (await lookup(host)).address;
  } catch (cause) {
    throw new BanyanError(
      'unavailable',
      `the engine's host name ${JSON.stringify(host)} cannot be resolved`,
      {
        remedy: 'Check engine_host in the configuration, and the name server.',
        cause,
      },
    );
  }
}

function isOwnAddress(address: string): boolean {
  if (isLoopback(address)) return true;
  return Object.values(networkInterfaces()).some((list) => list?.some((own) => own.address === address));
}

async function engineKey(
  settings: EngineSettings,
  address: string,
  log: Log,
): Promise<{ key: PublicKey; confirmed: boolean }> {
  if (settings.engineKey) return { key: settings.engineKey, confirmed: true };
  const known = new KnownEngines(settings.stateDir);
  const name = target(settings.engineHost, settings.enginePort);
  const pinned = await known.find(name);
  if (pinned) return { key: pinned.publicKey, confirmed: false };
  const claimed = PublicKey.parse(
    await claimedEngineKey(target(address, settings.enginePort), DIAL_TIMEOUT_MS),
    `The key that the engine at ${name} gave`,
  );
  if (settings.pins === false) return { key: claimed, confirmed: false };
  await known.pin(name, claimed);
  log.say(
    'engine_key.trusted',
    `engine key ${claimed.fingerprint} of ${name} trusted on first use; compare it with \`banyan-engine status\` on the engine`,
  );
  return { key: claimed, confirmed: false };
}

async function tunnelReport(
  { privateKey, engineKey, engineWgPort }: EngineSettings,
  tunnel: TunnelPath | undefined,
  address: string,
): Promise<TunnelReport> {
  if (!tunnel) return { up: false, detail: 'needs root' };
  // The spec: the tunnel is enabled by telling a component the engine's key.
  if (!engineKey) return { up: false, detail: 'off until engine_wg_public_key is set' };
  return tunnel.up({ privateKey, engineKey, engineEndpoint: target(address, engineWgPort) });
}

interface Way {
  readonly path: Exclude<Path, 'admin'>;
  readonly at: string;
}

/** Dials the ways in order, the next one when the one before has failed or had its head start; the first that is ready wins. */
async function firstOf(
  ways: readonly Way[],
  credentials: () => PskCredentials,
): Promise<Way & { channel: Channel }> {
  const stop = new AbortController();
  const dials: Promise<Way & { channel: Channel }>[] = [];
  for (const way of ways) {
    const own = credentials();
    const dialled = dial(way.at, own, DIAL_TIMEOUT_MS, stop.signal).then((channel) => {
      if (stop.signal.aborted) {
        channel.close();
        throw new Error('another path answered first');
      }
      stop.abort();
      return { ...way, channel };
    });
    dials.push(dialled);
    const settled = dialled.then(
      () => 'ready',
      () => 'failed',
    );
    const outcome = await Promise.race([settled, headStart(stop.signal)]);
    // A way that took the connection is alive, however slow this machine is with the handshake.
    if (outcome === 'ready' || (own.answered && (await settled) === 'ready')) break;
  }
  try {
    return await Promise.any(dials);
  } catch (error) {
    const reasons = error instanceof AggregateError ? (error.errors as unknown[]) : [error];
    const remedy = reasons.find((reason) => reason instanceof BanyanError && reason.remedy);
    const failed = reasons.map((reason, index) => ({ at: ways[index]!.at, error: reason }));
    throw new BanyanError('unavailable', unreached(failed), {
      cause: error,
      ...(remedy instanceof BanyanError && remedy.remedy ? { remedy: remedy.remedy } : {}),
    });
  }
}

async function headStart(signal: AbortSignal): Promise<'over'> {
  await pause(HEAD_START_MS, signal);
  // A busy event loop comes to its timers before it sees what the network has brought meanwhile.
  await new Promise((turn) => setImmediate(turn));
  return 'over';
}

/** Turns "it did not prove the key" into the sentence ssh would say, when the engine claims another key. */
async function explain(
  error: unknown,
  settings: EngineSettings,
  at: string,
  expected: PublicKey,
): Promise<unknown> {
  const claimed = await claimedEngineKey(at, HEAD_START_MS).catch(() => undefined);
  const key = claimed === undefined ? undefined : PublicKey.tryParse(claimed);
  if (!key || key.equals(expected)) return error;
  const known = settings.engineKey
    ? `the configuration says ${expected.fingerprint}`
    : `${expected.fingerprint} was pinned at first use`;
  const program = settings.role === undefined ? '' : `banyan-${settings.role} `;
  return new BanyanError(
    'unavailable',
    `the engine at ${target(settings.engineHost, settings.enginePort)} says its key is ${key.fingerprint}, but ${known}: it was set up anew, or somebody is in between`,
    {
      remedy: `Compare with \`banyan-engine status\` on the engine. If it is the same there, run \`${program}init --keep --engine-wg-public-key KEY\` with that key.`,
      cause: error,
    },
  );
}
