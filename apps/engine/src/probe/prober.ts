import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { Injectable } from '@nestjs/common';
import type { Connection } from '#channel';
import type { PublicKey } from '#crypto';
import { BanyanError, messageOf } from '#errors';
import type { ProbeResponse } from '#protocol';
import { Locator } from '../network/locator.js';
import { AgentRegistry } from '../registry/agent-registry.js';
import { Allowance } from '../allowance.js';

/** How often each key may have datagrams sent. */
const TIMES = 6;
const WINDOW_MS = 60_000;

export const COOKIE_BYTES = 16;
const DATAGRAMS = 3;
/** UDP port of `banyan-wg` for agents that do not say. */
const DEFAULT_PORT = 51_820;

type Probed = Omit<ProbeResponse, 'name' | 'nowMs'>;

/**
 * Sends an agent a few datagrams, so that it learns whether UDP reaches it from another host. Nobody else can be made
 * to receive them: they go where the engine itself sees the caller, to the port that it registered, are smaller
 * than the call that asked for them, and are few a minute.
 */
@Injectable()
export class Prober {
  readonly #allowance = new Allowance(TIMES, WINDOW_MS);

  constructor(
    private readonly registry: AgentRegistry,
    private readonly locator: Locator,
  ) {}

  /**
   * @param cookie what each datagram consists of; empty: nothing is sent.
   * @throws BanyanError `invalid` for a cookie of another length; `exhausted` when this key asked too often.
   */
  async probe(
    { name, publicKey }: { readonly name: string; readonly publicKey: PublicKey },
    connection: Connection,
    cookie: Uint8Array,
  ): Promise<Probed> {
    const address = (await this.locator.observed({ publicKey }, connection)) ?? '';
    const port = this.registry.named(name)?.reported.wgPort || DEFAULT_PORT;
    const nothing = { address, port, sent: 0, unsent: '' };
    if (cookie.length === 0) return nothing;
    if (cookie.length !== COOKIE_BYTES)
      throw new BanyanError('invalid', `a probe has a cookie of ${COOKIE_BYTES} bytes`);
    if (!this.registry.named(name)) return { ...nothing, unsent: 'this agent is not registered' };
    if (address === '') return { ...nothing, unsent: 'the engine does not know where this agent is' };
    if (!this.#allowance.take(publicKey.text, performance.now())) {
      throw new BanyanError('exhausted', 'this agent was sent datagrams a moment ago', {
        remedy: 'Try again in a minute.',
      });
    }
    try {
      await send(cookie, port, address);
      return { ...nothing, sent: DATAGRAMS };
    } catch (error) {
      return { ...nothing, unsent: messageOf(error) };
    }
  }
}

async function send(cookie: Uint8Array, port: number, address: string): Promise<void> {
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
  try {
    await new Promise<void>((resolve, reject) => {
      let left = DATAGRAMS;
      socket.once('error', reject);
      for (let sent = 0; sent < DATAGRAMS; sent += 1) {
        socket.send(cookie, port, address, (error) => {
          if (error) return reject(error);
          left -= 1;
          if (left === 0) resolve();
        });
      }
    });
  } finally {
    socket.close();
  }
}
