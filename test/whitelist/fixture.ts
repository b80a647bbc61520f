import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Test, type TestingModule } from '@nestjs/testing';
import { filter, firstValueFrom, map, race, timeout, timer } from 'rxjs';
import type { PublicKey } from '#crypto';
import { log, NOWHERE } from '#log';
import { systemClock, type Clock } from '#whitelist';
import type { WhitelistTiming } from '../../apps/engine/src/whitelist/options.js';
import { WhitelistModule } from '../../apps/engine/src/whitelist/whitelist.module.js';
import { WhitelistService } from '../../apps/engine/src/whitelist/whitelist.service.js';

export interface LogLine {
  readonly level: string;
  readonly text: string;
}

/** No reading comes by itself, but for a bad file at the end of its grace. */
export const NEVER = { rescan: 300_000, quiet: 300_000, patience: 300_000 };

/** A keys directory, and engines' whitelists that live on it, on the real file system. */
export class Fixture {
  readonly root = mkdtempSync(join(tmpdir(), 'banyan-whitelist-'));
  readonly keys = join(this.root, 'keys');
  readonly state = join(this.root, 'state');
  readonly logged: LogLine[] = [];
  readonly #modules: TestingModule[] = [];

  constructor() {
    mkdirSync(this.keys);
  }

  path(name: string): string {
    return join(this.keys, `${name}.pub`);
  }

  put(name: string, key: PublicKey | string): void {
    writeFileSync(this.path(name), typeof key === 'string' ? key : `${key.text}\n`);
  }

  /** A whitelist that has read its directory once. */
  async start(
    timing: Partial<WhitelistTiming> = {},
    ownKeys: readonly PublicKey[] = [],
    clock: Clock = systemClock,
  ): Promise<WhitelistService> {
    const options = {
      directory: this.keys,
      stateDir: this.state,
      ownKeys,
      clock,
      timing: { rescan: 100, quiet: 10, patience: 100, grace: 300, ...timing },
    };
    const module = await Test.createTestingModule({ imports: [WhitelistModule.forRoot(options)] }).compile();
    log.target = { journal: false, write: (line) => void this.logged.push(lineFrom(line)) };
    log.format = 'json';
    await module.init();
    this.#modules.push(module);
    return module.get(WhitelistService);
  }

  /** Ends the whitelists, as an engine that stops. */
  async stop(): Promise<void> {
    for (const module of this.#modules.splice(0)) await module.close();
    log.flush();
    log.target = NOWHERE;
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.root, { recursive: true, force: true });
  }

  linesWith(text: string): LogLine[] {
    return this.logged.filter((line) => line.text.includes(text));
  }
}

function lineFrom(text: string): LogLine {
  const { level, name, message } = JSON.parse(text) as { level: string; name?: string; message: string };
  return { level, text: name === undefined ? message : `${name}: ${message}` };
}

/** Waits until something holds of a whitelist, as its changes come in; fails when it does not in time. */
export async function until(
  whitelist: WhitelistService,
  holds: () => boolean,
  limitMs = 60_000,
): Promise<void> {
  if (holds()) return;
  // Not every state is announced as a change (an error of the directory is not): look now and then as well.
  const looks = race(
    whitelist.changes.pipe(filter(() => holds())),
    timer(5, 5).pipe(filter(() => holds())),
  ).pipe(
    map(() => undefined),
    timeout(limitMs),
  );
  await firstValueFrom(looks);
}

/** `name state` of every file, in order. */
export function states(whitelist: WhitelistService): string[] {
  return whitelist.snapshot.entries().map(({ name, state }) => `${name} ${state}`);
}

export function reasonOf(whitelist: WhitelistService, name: string): string | undefined {
  return whitelist.snapshot.entries().find((entry) => entry.name === name)?.reason;
}
