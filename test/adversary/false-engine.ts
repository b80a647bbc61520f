/**
 * Somebody at the address of an engine who is not that engine, and wants its agents to believe that they are refused.
 * Run on a test host, as
 *
 *     node false-engine.js PORT KEY plain              a gRPC server that refuses whoever calls, and says that it has KEY
 *     node false-engine.js PORT KEY certificate PATH   the same, with the certificate PATH.pem and its key PATH.key
 *     node false-engine.js PORT KEY alert              an alert of TLS to whatever comes
 *     node false-engine.js PORT KEY relay HOST         what the engine at HOST says, with its own words in between
 *
 * Says `met` whenever somebody has called or shaken hands, as far as that goes.
 */
import { readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { Server, ServerCredentials, status, type sendUnaryData } from '@grpc/grpc-js';
import { PublicKey } from '#crypto';
import { EngineServiceService, type HealthResponse } from '#protocol';

const [port = '', keyText = '', kind = '', more = ''] = process.argv.slice(2);
const key = PublicKey.parse(keyText, 'KEY');

/** In the words of a true engine. */
const REFUSAL = {
  code: status.UNAUTHENTICATED,
  details: `the key ${key.fingerprint} is not on the engine's whitelist\nTry: On the engine: sudo banyan-engine add-client`,
};
/** Of level fatal: `unknown_psk_identity` (RFC 8446, section 6). */
const ALERT = Buffer.from([0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 115]);
/** What a relay lets pass before it speaks itself: a handshake, and the calls with which an agent begins. */
const PASSED_BYTES = 1_500;

function met(): void {
  console.log('met');
}

function refuseAll(credentials: ServerCredentials): void {
  const server = new Server();
  const refuse = (_: unknown, answer: sendUnaryData<never>): void => {
    met();
    answer(REFUSAL);
  };
  server.addService(EngineServiceService, {
    health: (_: unknown, answer: sendUnaryData<HealthResponse>) => {
      met();
      answer(null, { status: 'ok', publicKey: key.text, version: '1.0.0' });
    },
    register: refuse,
    heartbeat: refuse,
    sync: (call: { emit(event: string, error: unknown): void }) => {
      met();
      call.emit('error', REFUSAL);
    },
  });
  server.bindAsync(`0.0.0.0:${port}`, credentials, listening);
}

function alertAll(): void {
  const server = createServer((socket) => {
    socket
      .on('error', () => undefined)
      .once('data', () => {
        met();
        socket.end(ALERT);
      });
  });
  server.listen(Number(port), '0.0.0.0', () => listening());
}

function relay(to: string): void {
  const server = createServer((near) => {
    const far = connect(Number(port), to);
    let passed = 0;
    near.on('error', () => far.destroy()).pipe(far);
    far
      .on('error', () => near.destroy())
      .on('data', (bytes: Buffer) => {
        passed += bytes.length;
        near.write(bytes);
        if (passed < PASSED_BYTES) return;
        met();
        near.end(Buffer.concat([ALERT, Buffer.from('HTTP/2 UNAUTHENTICATED')]));
        far.destroy();
      });
    near.once('close', () => far.destroy());
  });
  server.listen(Number(port), '0.0.0.0', () => listening());
}

function listening(error?: Error | null): void {
  if (error) throw error;
  console.log('listening');
}

switch (kind) {
  case 'plain':
    refuseAll(ServerCredentials.createInsecure());
    break;
  case 'certificate': {
    const pair = { cert_chain: readFileSync(`${more}.pem`), private_key: readFileSync(`${more}.key`) };
    refuseAll(ServerCredentials.createSsl(null, [pair]));
    break;
  }
  case 'alert':
    alertAll();
    break;
  case 'relay':
    relay(more);
    break;
  default:
    throw new Error(`${kind} is nothing to be`);
}
