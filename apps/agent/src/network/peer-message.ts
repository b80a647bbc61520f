import { isIP } from 'node:net';
import { PublicKey } from '#crypto';
import { BanyanError } from '#errors';
import { Subnet, type NetworkPeer } from '#network';
import type { NetworkPeer as PeerMessage } from '#protocol';

/** What whitelist names are made of; the engine's word reaches logs, a file and a terminal. */
const NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,62}$/;

/** A peer from a message or the cache. @throws BanyanError `invalid` for what is none. */
export function peerOf({
  name,
  publicKey,
  subnet,
  host,
  atEngine,
  port,
  endpointRevision,
}: PeerMessage): NetworkPeer {
  if (!NAME.test(name)) throw unreadable('a name that is no client name');
  // A zone, as of fe80::1%eth0, is an interface of whoever said it.
  if (host !== '' && (isIP(host) === 0 || host.includes('%')))
    throw unreadable(`an address of ${name} that is none`);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw unreadable(`a port of ${name} that is none`);
  // Without a port nobody knows where it is.
  const known = host !== '' && port !== 0;
  return {
    name,
    publicKey: PublicKey.parse(publicKey, `The key of ${name}`),
    subnet: Subnet.parse(subnet, `The subnet of ${name}`),
    atEngine: atEngine && port !== 0,
    port,
    endpointRevision,
    ...(known ? { host } : {}),
  };
}

/** As it would be sent. */
export function messageOfPeer({
  name,
  publicKey,
  subnet,
  host = '',
  atEngine,
  port,
  endpointRevision,
}: NetworkPeer): PeerMessage {
  return { name, publicKey: publicKey.text, subnet: subnet.text, host, atEngine, port, endpointRevision };
}

function unreadable(what: string): BanyanError {
  return new BanyanError('invalid', `the network has ${what}`);
}
