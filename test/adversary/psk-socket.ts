import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { channelSecret, type PrivateKey, type PublicKey } from '#crypto';

const PSK: ConnectionOptions = {
  minVersion: 'TLSv1.3',
  ciphers: 'TLS_AES_128_GCM_SHA256',
  ALPNProtocols: ['h2'],
  checkServerIdentity: () => undefined,
};

export interface Ends {
  readonly port: number;
  /** The server's; 127.0.0.1 when absent. */
  readonly host?: string;
  /** Of the caller's own end. */
  readonly localAddress?: string;
  readonly localPort?: number;
}

/** A TCP connection whose errors are nobody's concern. */
export async function tcp({ host = '127.0.0.1', ...ends }: Ends): Promise<Socket> {
  const socket = connect({ host, ...ends });
  socket.on('error', () => undefined);
  await Promise.race([once(socket, 'connect'), once(socket, 'close')]);
  return socket;
}

/** What the handshake of ours does for one who holds the private key. */
export function proof(own: PrivateKey, engine: PublicKey): ConnectionOptions {
  const psk = channelSecret(own, { client: own.publicKey, engine });
  return { pskCallback: () => ({ identity: own.publicKey.text, psk }) };
}

/** A TLS connection, as these options have it. @throws Error when there is no handshake. */
export async function tls(ends: Ends, options: ConnectionOptions): Promise<TLSSocket> {
  return tlsOn(await tcp(ends), options);
}

/** As {@link tls}, on a connection that is open. */
export async function tlsOn(raw: Socket, options: ConnectionOptions): Promise<TLSSocket> {
  const socket = connectTls({ socket: raw, ...PSK, ...options });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('secureConnect', resolve);
      socket.once('error', reject);
      socket.once('close', () => reject(new Error('closed')));
    });
  } catch (error) {
    raw.destroy();
    throw error;
  }
  socket.on('error', () => undefined);
  return socket;
}
