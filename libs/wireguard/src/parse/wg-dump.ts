import { PublicKey } from '#crypto';
import type { ActualDevice, ActualPeer } from '../device.js';
import { unreadableOutput } from './unreadable-output.js';

const NONE = '(none)';
const INTERFACE_FIELDS = 4;
const PEER_FIELDS = 8;

export type WireguardState = Pick<ActualDevice, 'publicKey' | 'listenPort' | 'peers'>;

/**
 * What `wg show INTERFACE dump` prints: tab-separated, the interface first (private key, public key, listen
 * port, fwmark), then a line a peer (public key, preshared key, endpoint, allowed IPs, latest handshake in
 * seconds since the epoch, received and sent bytes, keepalive). Source: wg(8), "show".
 *
 * A peer whose key is of low order is left out: it can never finish a handshake, and our keys cannot name it.
 *
 * @throws BanyanError `host` when it is not that; the error repeats nothing of the output.
 */
export function parseWgDump(output: string): WireguardState {
  const [head = '', ...lines] = output.trimEnd().split('\n');
  const fields = head.split('\t');
  if (fields.length !== INTERFACE_FIELDS) throw unreadable(`the first line has ${fields.length} fields`);
  const [, publicKey = '', listenPort = ''] = fields;
  return {
    ...(publicKey === NONE
      ? {}
      : { publicKey: PublicKey.parse(publicKey, 'The public key of the interface') }),
    listenPort: count(listenPort),
    peers: lines.map(parsePeer).filter((peer) => peer !== undefined),
  };
}

function parsePeer(line: string): ActualPeer | undefined {
  const fields = line.split('\t');
  if (fields.length !== PEER_FIELDS) throw unreadable(`the line of a peer has ${fields.length} fields`);
  const [
    key = '',
    ,
    endpoint = '',
    allowedIps = '',
    handshake = '',
    received = '',
    sent = '',
    keepalive = '',
  ] = fields;
  const publicKey = PublicKey.tryParse(key);
  if (!publicKey) return undefined;
  const latestHandshake = count(handshake);
  return {
    publicKey,
    allowedIps: allowedIps === NONE ? [] : allowedIps.split(','),
    receivedBytes: count(received),
    sentBytes: count(sent),
    ...(endpoint === NONE ? {} : { endpoint }),
    ...(latestHandshake === 0 ? {} : { latestHandshakeMs: latestHandshake * 1000 }),
    ...(keepalive === 'off' ? {} : { persistentKeepalive: count(keepalive) }),
  };
}

function count(digits: string): number {
  if (!/^[0-9]+$/.test(digits)) throw unreadable('a number is not one');
  return Number(digits);
}

function unreadable(what: string): Error {
  return unreadableOutput('wg show', what);
}
