/** The two doors; see doors.ts. */
import { once } from 'node:events';
import { constants } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:tls';
import { Gate } from '#channel';
import { generateKey } from '#crypto/generate';
import { SILENT } from '#log';
import type { DoorQuestions } from './doors.js';
import { answerQuestions } from './part.js';

const questions: DoorQuestions = {
  gate: async (keyTexts) => {
    const admitted = new Set(keyTexts);
    const key = generateKey();
    const gate = new Gate({ privateKey: key, log: SILENT });
    gate.consult({ admits: (text) => admitted.has(text), limited: () => undefined });
    return { port: await gate.listen(0, '127.0.0.1'), key: key.publicKey.text };
  },
  certificate: async ({ cert, key }) => {
    const server = createServer({
      cert,
      key,
      minVersion: 'TLSv1.3',
      secureOptions: constants.SSL_OP_NO_TICKET,
      ALPNProtocols: ['h2'],
    });
    server.on('tlsClientError', (_, socket) => socket.destroy());
    server.on('secureConnection', (socket) => socket.on('error', () => socket.destroy()));
    await once(server.listen({ port: 0, host: '127.0.0.1', backlog: 1024 }), 'listening');
    return (server.address() as AddressInfo).port;
  },
  cpuMicroseconds: () => {
    const { user, system } = process.cpuUsage();
    return user + system;
  },
};

answerQuestions(questions);
