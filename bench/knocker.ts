/** Makes handshakes; see doors.ts. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import { channelSecret, PublicKey, type PrivateKey } from '#crypto';
import { generateKey } from '#crypto/generate';
import type { KnockQuestions } from './doors.js';
import { answerQuestions } from './part.js';

/** Handshakes at a time. */
const AT_ONCE = 16;

let keys: PrivateKey[] = [];

const questions: KnockQuestions = {
  makeKeys: (count) => {
    keys = Array.from({ length: count }, () => generateKey());
    return keys.map(({ publicKey }) => publicKey.text);
  },
  knock: async ({ port, trusted, ms }) => {
    const options = 'key' in trusted ? proofs(trusted.key) : [withCertificate(trusted.cert)];
    const end = performance.now() + ms;
    let [begun, handshakes] = [0, 0];
    const oneByOne = async (): Promise<void> => {
      while (performance.now() < end) {
        const raw = connect(port, '127.0.0.1').on('error', () => undefined);
        const socket = connectTls({ socket: raw, ...options[begun++ % options.length] });
        socket.on('error', () => undefined);
        await once(socket, 'secureConnect');
        handshakes += 1;
        // Which gives its port back at once: tens of thousands would wait for a minute.
        raw.resetAndDestroy();
      }
    };
    const started = performance.now();
    await Promise.all(Array.from({ length: AT_ONCE }, oneByOne));
    return { handshakes, seconds: (performance.now() - started) / 1000 };
  },
};

const TLS: ConnectionOptions = { minVersion: 'TLSv1.3', ALPNProtocols: ['h2'] };

/** One for each key; the secrets are known before, as a component has its own from the start. */
function proofs(engineKey: string): ConnectionOptions[] {
  const engine = PublicKey.parse(engineKey);
  return keys.map((own) => {
    const psk = channelSecret(own, { client: own.publicKey, engine });
    const pskCallback = () => ({ identity: own.publicKey.text, psk });
    const ciphers = 'TLS_AES_128_GCM_SHA256';
    return { ...TLS, ciphers, pskCallback, ca: [], checkServerIdentity: () => new Error('a certificate') };
  });
}

function withCertificate(cert: string): ConnectionOptions {
  return { ...TLS, ca: [cert], servername: 'localhost' };
}

answerQuestions(questions);
