import { setTimeout as delay } from 'node:timers/promises';
import { boolean, string } from '@oclif/core/flags';
import type { EngineConnection } from '#channel';
import { BanyanError } from '#errors';
import { pause } from '#host';
import { hasScreen } from '../../has-screen.js';
import { jsonText } from '../../json-text.js';
import { OperatorCommand } from '../operator-command.js';
import type { Picture } from '../top/picture.js';

/** Links of a table that does not end with a screen. */
const LISTED = 500;
/** After this the wait for an answer is shown, and again every so often, milliseconds. */
const PATIENCE_MS = 2_000;
const TICK_MS = 1_000;

export default class Top extends OperatorCommand {
  static override readonly summary = 'Watch the links: state, handshakes, throughput and round trips.';
  static override readonly description =
    'All agents are asked anew each time. First come the links that are not up, the longest without a handshake first, then the busiest; what there is no room for is counted. In a network of many agents, each tells of as many of its links as the engine has room for. Ends with q or Ctrl-C; without a terminal, or with --once, after one table. With --json, one JSON object a line.';
  static override readonly examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --once',
    "<%= config.bin %> <%= command.id %> --json --interval 10s | jq -c '.links'",
  ];
  static override readonly answer = 'an object: at, asked_ms, agents, links, bytes_per_second, list';
  static override readonly flags = {
    interval: string({ description: 'time between two looks', default: '1s', helpValue: 'DURATION' }),
    once: boolean({ description: 'look once, and end' }),
  };

  protected override readonly lasts = true;

  async run(): Promise<unknown> {
    const { flags } = await this.parse(Top);
    const settings = await this.loadSettings('cli', flags.config);
    const { parseDuration } = await import('../../duration.js');
    const intervalMs = parseDuration(flags.interval, 'interval');
    await this.withEngine(settings, async (engine) => {
      if (this.jsonEnabled() && !flags.once) return this.print(flags.config, engine, intervalMs);
      if (this.jsonEnabled() || flags.once || !hasScreen(process.stdout)) return this.once(engine);
      const first = await this.patiently('Asking the agents', this.picture(engine, LISTED));
      return this.aside(this.watch(flags.config, engine, first, intervalMs));
    });
    return undefined;
  }

  private async once(engine: EngineConnection): Promise<void> {
    const { viewOf } = await import('../top/view.js');
    const look = async (): Promise<Picture> => {
      await this.picture(engine, LISTED);
      // What links carry is known from two looks.
      await delay(1_000);
      return this.picture(engine, LISTED);
    };
    const picture = await this.patiently('Asking the agents', look());
    if (this.jsonEnabled()) return void process.stdout.write(`${jsonText(picture)}\n`);
    const width = process.stdout.columns || Number.POSITIVE_INFINITY;
    for (const { text } of viewOf(picture, { width, height: Number.POSITIVE_INFINITY })) this.line(text);
  }

  private async print(config: string | undefined, engine: EngineConnection, everyMs: number): Promise<void> {
    const stop = new AbortController();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
    // Whoever read it has gone.
    process.stdout.once('error', () => stop.abort());
    let why: string | undefined;
    await this.again(config, engine, everyMs, stop.signal, async (look) => {
      const { picture, lost } = await look(LISTED);
      if (picture) process.stdout.write(`${jsonText(picture)}\n`);
      else if (lost !== why) this.progress(`-- the connection is lost: ${lost}; trying again`);
      why = lost;
    });
  }

  private async watch(
    config: string | undefined,
    engine: EngineConnection,
    first: Picture,
    everyMs: number,
  ): Promise<void> {
    const [{ Screen }, { viewOf }] = await Promise.all([
      import('../top/screen.js'),
      import('../top/view.js'),
    ]);
    let last = first;
    let lost: string | undefined;
    let askedAt = Number.POSITIVE_INFINITY;
    const notice = (): { notice?: string } => {
      if (lost !== undefined) return { notice: `not as it is now: ${lost}` };
      const waited = performance.now() - askedAt;
      return waited < PATIENCE_MS ? {} : { notice: `no answer for ${Math.floor(waited / 1_000)} s` };
    };
    const draw = (): void => {
      const { width, height } = screen;
      screen.draw(viewOf(last, { width, height, ...notice() }));
    };
    const screen = new Screen(process.stdout, process.stdin, draw);
    const ticking = setInterval(draw, TICK_MS);
    try {
      draw();
      await this.again(config, engine, everyMs, screen.left, async (look) => {
        askedAt = performance.now();
        const seen = await look(screen.height);
        askedAt = Number.POSITIVE_INFINITY;
        last = seen.picture ?? last;
        lost = seen.lost;
        draw();
      });
    } finally {
      clearInterval(ticking);
      screen.close();
    }
  }

  /** Looks every so often; after a look that failed because nothing answered, by another connection. */
  private async again(
    config: string | undefined,
    engine: EngineConnection,
    everyMs: number,
    stop: AbortSignal,
    work: (look: Look) => Promise<void>,
  ): Promise<void> {
    let current: EngineConnection | undefined = engine;
    const leave = (): void => {
      if (current !== engine) current?.close();
      current = undefined;
    };
    const look: Look = async (most) => {
      try {
        // The settings anew: the engine's key may be another by now. And where a path is gone for good, the engine says
        // why by another.
        current ??= await this.reach(await this.loadSettings('cli', config));
        return { picture: await this.picture(current, most) };
      } catch (error) {
        leave();
        if (!(error instanceof BanyanError) || error.kind !== 'unavailable') throw error;
        return { lost: error.message };
      }
    };
    try {
      await repeat(everyMs, stop, () => work(look));
    } finally {
      leave();
    }
  }

  private async picture(engine: EngineConnection, most: number): Promise<Picture> {
    const { pictureOf } = await import('../top/picture.js');
    const asked = performance.now();
    const answer = await engine.call('listLinks', { most, agents: [], onlyDown: false });
    return pictureOf(answer, performance.now() - asked);
  }
}

type Look = (most: number) => Promise<{ readonly picture?: Picture; readonly lost?: string }>;

/** Does it at once and every so often, until it is told to stop; what is being done then is not waited for. */
async function repeat(everyMs: number, stop: AbortSignal, work: () => Promise<void>): Promise<void> {
  const stopped = new Promise<void>((resolve) => stop.addEventListener('abort', () => resolve()));
  while (!stop.aborted) {
    const next = performance.now() + everyMs;
    const working = work();
    // It may fail when nobody waits for it any more.
    working.catch(() => undefined);
    await Promise.race([working, stopped]);
    if (stop.aborted) return;
    const rest = Math.max(0, next - performance.now());
    await pause(rest, stop);
  }
}
