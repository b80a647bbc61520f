/**
 * A client that is not ours: asks the engine who it thinks is calling. Run on a test host, as
 *
 *     node plain-call.js ADDRESS:PORT KEY plain MS
 *     node plain-call.js ADDRESS:PORT KEY forged MS             TLS in the name of KEY, with a secret made up
 *     node plain-call.js ADDRESS:PORT KEY own MS ENGINE-KEY     TLS proving a key of its own, naming KEY in the header
 *
 * waiting for an answer for so many milliseconds: a firewall that drops leaves no other sign.
 * Prints one line of JSON: `identity` when admitted, else the gRPC `code`, or `failed` when no call was made.
 */
import { randomBytes } from 'node:crypto';
import { connect } from 'node:tls';
import { Channel, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import { PskCredentials } from '#channel';
import { PublicKey } from '#crypto';
import { generateKey } from '#crypto/generate';
import { OperatorServiceClient, PUBLIC_KEY_HEADER } from '#protocol';

export interface Answer {
  readonly identity?: string;
  readonly channel?: string;
  readonly code?: number;
  readonly message?: string;
  readonly failed?: string;
}

const [at = '', key = '', kind = 'plain', ms = '', engineKey = ''] = process.argv.slice(2);
const patience = Number(ms);

console.log(JSON.stringify(kind === 'forged' ? await forge() : await call()));
process.exit();

async function call(): Promise<Answer> {
  const creds =
    kind === 'own'
      ? new PskCredentials(generateKey(), PublicKey.parse(engineKey, 'ENGINE-KEY'))
      : credentials.createInsecure();
  const channelOverride = new Channel(at, creds, { 'grpc.enable_http_proxy': 0 });
  const client = new OperatorServiceClient(at, creds, { channelOverride });
  const metadata = new Metadata();
  metadata.set(PUBLIC_KEY_HEADER, key);
  const options = { deadline: Date.now() + patience };
  return new Promise((resolve) => {
    client.status({}, metadata, options, (error: ServiceError | null, answer) => {
      if (error) resolve({ code: error.code, message: error.details });
      else resolve({ identity: answer.identity, channel: answer.channel });
    });
  });
}

async function forge(): Promise<Answer> {
  const [host, port] = at.split(':');
  const socket = connect({
    host,
    port: Number(port),
    minVersion: 'TLSv1.3',
    ciphers: 'TLS_AES_128_GCM_SHA256',
    ALPNProtocols: ['h2'],
    pskCallback: () => ({ identity: key, psk: randomBytes(32) }),
    checkServerIdentity: () => undefined,
    timeout: patience,
  });
  return new Promise((resolve) => {
    socket.once('secureConnect', () => resolve({ identity: 'a handshake without the secret' }));
    socket.once('timeout', () => resolve({ failed: 'no answer' }));
    socket.once('error', (error: Error) => resolve({ failed: error.message }));
    socket.once('close', () => resolve({ failed: 'closed' }));
  });
}
