/** The attackers; see attackers.ts. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { channelSecret, PublicKey } from '#crypto';
import { generateKey } from '#crypto/generate';
import {
  callHeaders,
  dial,
  field,
  gone,
  HALF_HELLO,
  MAGIC,
  preface,
  prove,
} from '../test/adversary/hostile-caller.js';
import type { AttackQuestions } from './attackers.js';
import { answerQuestions } from './part.js';

/** Within which one that was closed is there again, and each comes for the first time. */
const AGAIN_MS = 2_000;

type Connect = (port: number, from: string) => Promise<Socket>;

const open = new Set<Socket>();
let closed = 0;
let attacking = false;
let ended: Promise<void>[] = [];

async function saying(port: number, from: string, words: Buffer): Promise<Socket> {
  const socket = dial(port, from);
  await Promise.race([once(socket, 'connect'), gone(socket)]);
  socket.write(words);
  return socket;
}

/** As one that is set up and not admitted yet: it proves its key, and calls. */
function proving(engineKey: string): Connect {
  const engine = PublicKey.parse(engineKey);
  const own = generateKey();
  const secret = channelSecret(own, { client: own.publicKey, engine });
  const key = field('x-banyan-public-key', own.publicKey.text);
  return async (port, from) => {
    const socket = await prove(port, engine, own, { from, secret });
    socket.write(Buffer.concat([preface(), callHeaders(1, '/banyan.v1.OperatorService/Status', key)]));
    return socket;
  };
}

const HALVES = [Buffer.alloc(0), HALF_HELLO, MAGIC.subarray(0, 10)];

function kindOf(number: number, engineKey: string): Connect {
  if (number % 10 === 9) return proving(engineKey);
  const words = HALVES[number % HALVES.length]!;
  return (port, from) => saying(port, from, words);
}

async function comeBack(connect: Connect, port: number, from: string): Promise<void> {
  await delay(AGAIN_MS * Math.random());
  while (attacking) {
    const socket = await connect(port, from).catch(() => undefined);
    if (socket && !socket.closed) {
      open.add(socket);
      if (!attacking) socket.destroy();
      await gone(socket);
      open.delete(socket);
    }
    closed += 1;
    await delay(AGAIN_MS * Math.random());
  }
}

const questions: AttackQuestions = {
  attack: ({ address: { port, key }, connections, addresses }) => {
    attacking = true;
    ended = Array.from({ length: connections }, (_, index) => {
      const at = index % addresses;
      const connect = kindOf(Math.floor(index / addresses), key);
      return comeBack(connect, port, `127.9.${Math.floor(at / 250)}.${1 + (at % 250)}`);
    });
  },
  held: () => {
    const answer = { open: open.size, closed };
    closed = 0;
    return answer;
  },
  retreat: async () => {
    attacking = false;
    for (const socket of open) socket.destroy();
    await Promise.all(ended);
  },
};

answerQuestions(questions);
