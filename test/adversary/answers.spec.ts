import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { claimedEngineKey } from '../../libs/channel/src/client/dial.js';
import { BanyanError } from '#errors';
import { HealthResponse } from '#protocol';
import { samplePublicKey } from '../../libs/wireguard/src/testing/sample-device.js';
import { broken, Dice, SEED } from './fuzz/cases.js';
import {
  block,
  DATA,
  END_HEADERS,
  END_STREAM,
  frame,
  GOAWAY,
  grpcMessage,
  HEADERS,
  PREFACE,
  RST_STREAM,
  SETTINGS,
} from './raw-http2.js';

const CASES = Number(process.env.FUZZ_SOCKETS ?? 2_000) / 4;
const AT_A_TIME = 20;
/** An answer that does not come, of which there are many here, costs this much, ms. */
const PATIENCE_MS = 300;

/** What an engine says is the only thing that is read before it has proven its key: who it claims to be. */
describe('an answer that nobody has vouched for', () => {
  const key = samplePublicKey(1).text;
  const health = HealthResponse.encode({ status: 'ok', publicKey: key, version: '1.0.0' }).finish();
  let rogue: Server;
  let played = 0;
  const sockets = new Set<Socket>();

  beforeAll(async () => {
    rogue = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined).once('close', () => sockets.delete(socket));
      const dice = new Dice(Math.imul(SEED, 17) + (played += 1));
      // Its first answer is one of a true engine, so that it is known that this is how one looks.
      const answer = played === 1 ? conversation() : brokenAnswer(dice);
      // A client calls once it has been told the settings, and takes no answer to a call that it has not made.
      const [settings, ...rest] = answer;
      socket.once('data', () => socket.write(settings!));
      let received = Buffer.alloc(0);
      socket.on('data', (bytes: Buffer) => {
        const had = hasCalled(received);
        received = Buffer.concat([received, bytes]);
        if (!had && hasCalled(received)) socket.write(Buffer.concat(rest));
      });
    });
    await new Promise<void>((resolve) => rogue.listen(0, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => rogue.close(resolve));
  });

  function conversation(): Buffer[] {
    return [
      frame(SETTINGS, 0, 0),
      frame(SETTINGS, 1, 0),
      frame(
        HEADERS,
        END_HEADERS,
        1,
        block([
          [':status', '200'],
          ['content-type', 'application/grpc+proto'],
        ]),
      ),
      frame(DATA, 0, 1, grpcMessage(health)),
      frame(HEADERS, END_HEADERS | END_STREAM, 1, block([['grpc-status', '0']])),
    ];
  }

  function brokenAnswer(dice: Dice): Buffer[] {
    const parts = conversation();
    const more = [
      frame(RST_STREAM, 0, 1, Buffer.alloc(4)),
      frame(GOAWAY, 0, 0, Buffer.alloc(8)),
      frame(
        HEADERS,
        END_HEADERS | END_STREAM,
        1,
        block([
          [':status', '200'],
          ['grpc-status', 'x'],
          ['grpc-message', '%%%'],
        ]),
      ),
      frame(DATA, 0, 1, Buffer.from([0, 0xff, 0xff, 0xff, 0xff])),
      frame(DATA, 0, 1, Buffer.from([1, 0, 0, 0, 1, 0])),
    ];
    for (let faults = 1 + dice.below(3); faults > 0; faults -= 1) {
      const at = dice.below(parts.length);
      const fault = dice.below(4);
      if (fault === 0) parts.splice(at, 1);
      else if (fault === 1) parts.splice(at, 0, dice.of(more));
      else parts[at] = broken(dice, [parts[at]!], more);
      if (parts.length === 0) return more;
    }
    return parts;
  }

  /** Whether there is a frame of headers among these. */
  function hasCalled(received: Buffer): boolean {
    for (let at = PREFACE.length; at + 9 <= received.length; at += 9 + received.readUIntBE(at, 3)) {
      if (received[at + 3] === HEADERS) return true;
    }
    return false;
  }

  async function asked(): Promise<string> {
    const { port } = rogue.address() as AddressInfo;
    return claimedEngineKey(`127.0.0.1:${port}`, PATIENCE_MS);
  }

  it('is a text or one kind of error for the component that asks, which goes on', async () => {
    expect(await asked()).toBe(key);
    const outcomes = { text: 0, error: 0 };
    for (let number = 0; number < CASES; number += AT_A_TIME) {
      const round = Array.from({ length: AT_A_TIME }, () =>
        asked().then(
          () => (outcomes.text += 1),
          (error: unknown) => {
            if (!(error instanceof BanyanError)) throw error;
            outcomes.error += 1;
          },
        ),
      );
      await Promise.all(round);
    }
    expect(outcomes.text).toBeGreaterThan(CASES / 50);
    expect(outcomes.error).toBeGreaterThan(CASES / 50);
  }, 240_000);
});
