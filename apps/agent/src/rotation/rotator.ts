import { Inject, Injectable } from '@nestjs/common';
import { filter, firstValueFrom, merge, of, timer } from 'rxjs';
import { checkAdoptable, type AgentSettings } from '#config';
import { BanyanError } from '#errors';
import { askForKey, type Asked, type RotationReport } from '#rotation';
import { Connector } from '../connector.js';
import { OwnKeys } from '../own-keys.js';
import { SETTINGS } from '../tokens.js';

/** Beyond what the engine waits, for the way there, milliseconds. */
const MARGIN_MS = 10_000;
/** How long an answer that did not come may have been a yes: until the next connection says which key is in force. */
const UNKNOWN_MS = 15_000;

/** Rotates the key of the running agent: its connection asks, its network changes over, its next connection proves it. */
@Injectable()
export class Rotator {
  #busy = false;

  constructor(
    @Inject(SETTINGS) private readonly settings: AgentSettings,
    private readonly keys: OwnKeys,
    private readonly connector: Connector,
  ) {}

  /**
   * @param say progress, a sentence at a time.
   * @throws BanyanError that says which key is in force, as far as that is known.
   */
  async rotate(say: (sentence: string) => void): Promise<RotationReport> {
    if (this.#busy) {
      throw new BanyanError('conflict', 'this agent is rotating its key already', {
        remedy: '`banyan-agent status` shows its key.',
      });
    }
    this.#busy = true;
    try {
      return await this.#rotate(say);
    } finally {
      this.#busy = false;
    }
  }

  async #rotate(say: (sentence: string) => void): Promise<RotationReport> {
    const connection = this.connector.connection;
    if (!connection) {
      throw new BanyanError('unavailable', 'this agent is not connected to its engine', {
        remedy: '`banyan-agent status` shows why; rotate when it is connected.',
      });
    }
    const from = this.keys.configured.publicKey;
    const { configPath } = this.settings;
    await checkAdoptable('agent', configPath, from);
    let asked: Asked;
    try {
      asked = await askForKey(connection, this.keys.file, say, (spare) => this.keys.keep(spare));
    } catch (error) {
      const to = this.keys.spare?.publicKey;
      if (this.connector.connection === connection || !to || !(await this.#adoptedWithin(to, UNKNOWN_MS)))
        throw error;
      const name = this.connector.name;
      return { ...NOBODY, state: 'rotated', name, from, to, engineKey: connection.engineKey };
    }
    const { requested, spare } = asked;
    const to = spare.publicKey;
    const report = { ...NOBODY, name: requested.name, from, to, engineKey: connection.engineKey };
    if (requested.kind === 'denied') return { ...report, state: 'denied' };
    say(`the new key is in force: ${to.fingerprint}`);
    await this.keys.file.setInForce(spare);
    this.keys.use(spare);
    this.connector.reconnect('the key of this agent is another');
    if (!(await this.#adoptedWithin(to, requested.finishWithinMs + MARGIN_MS))) throw this.#notTakenOver();
    const { moved, offline } = requested;
    return { ...report, state: 'rotated', moved, offline };
  }

  async #adoptedWithin(key: RotationReport['to'], milliseconds: number): Promise<boolean> {
    const done = merge(of(this.keys.configured.publicKey), this.keys.adopted).pipe(
      filter((adopted) => adopted.equals(key)),
    );
    return (await firstValueFrom(merge(done, timer(milliseconds)))) !== 0;
  }

  #notTakenOver(): BanyanError {
    const why =
      this.connector.lastError || 'the engine went back to the old one, or the config cannot be written';
    return new BanyanError('unavailable', `the new key could not be taken over: ${why}`, {
      remedy: `The log of the agent says more. Both keys are kept (the new one in ${this.keys.file.path}), and whichever the engine admits is used.`,
    });
  }
}

const NOBODY = { moved: [], offline: [], warnings: [] } as const;
