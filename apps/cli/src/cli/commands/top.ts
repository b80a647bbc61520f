import { setTimeout as delay } from 'node:timers/promises';
import { boolean, string } from '@oclif/core/flags';
import type { EngineConnection } from '#channel';
import type { CliSettings } from '#config';
import { BanyanError } from '#errors';
import { jsonText } from '../../json-text.js';
import { OperatorCommand } from '../operator-command.js';
import type { Picture } from '../top/picture.js';

/** Links of a table that does not end with a screen. */
const LISTED = 500;

export default class Top extends OperatorCommand {
  static override readonly summary = 'Watch the links: state, handshakes, throughput and round trips.';
  static override readonly description =
    'All agents are asked anew each time. First come the links that are not up, the longest without a handshake first, then the busiest; what there is no room for is counted. In a network of many agents, each tells of as many of its links as the engine has room for. Ends with q or Ctrl-C; without a terminal, or with --once, after one table. With --json, one JSON object a line.';
  static override readonly examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --once',
    "<%= config.bin %> <%= command.id %> --json --interval 10s | jq -c '.links'",
  ];
  static override readonly answer = 'an object: at, agents, links, bytes_per_second, list';
  static override readonly flags = {
    interval: string({ description: 'time between two looks', default: '1s', helpValue: 'DURATION' }),
    once: boolean({ description: 'look once, and end' }),
  };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(Top);
    const settings = await this.loadSettings('cli', flags.config);
    const { parseDuration } = await import('../../duration.js');
    const intervalMs = parseDuration(flags.interval, 'interval');
    await this.withEngine(settings, async (engine) => {
      if (this.jsonEnabled() && !flags.once) return this.print(engine, intervalMs);
      if (this.jsonEnabled() || flags.once || !process.stdout.isTTY) return this.once(engine);
      return this.watch(settings, engine, intervalMs);
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
    const width = process.stdout.columns ?? Number.POSITIVE_INFINITY;
    for (const { text } of viewOf(picture, { width, height: Number.POSITIVE_INFINITY })) this.line(text);
  }

  private async print(engine: EngineConnection, intervalMs: number): Promise<void> {
    const stop = new AbortController();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
    // Whoever read it has gone.
    process.stdout.once('error', () => stop.abort());
    await repeat(intervalMs, stop.signal, async () => {
      process.stdout.write(`${jsonText(await this.picture(engine, LISTED))}\n`);
    });
  }

  private async watch(settings: CliSettings, engine: EngineConnection, intervalMs: number): Promise<void> {
    const [{ Screen }, { viewOf }] = await Promise.all([
      import('../top/screen.js'),
      import('../top/view.js'),
    ]);
    let last = await this.patiently('Asking the agents', this.picture(engine, LISTED));
    let notice: string | undefined;
    const draw = (): void => {
      const { width, height } = screen;
      screen.draw(viewOf(last, { width, height, ...(notice === undefined ? {} : { notice }) }));
    };
    const screen = new Screen(process.stdout, process.stdin, draw);
    let current = engine;
    const look = async (): Promise<void> => {
      // The path that was taken may be gone for good: by another, the engine says why.
      if (notice !== undefined) {
        const next = await this.connect(settings);
        if (current !== engine) current.close();
        current = next;
      }
      last = await this.picture(current, screen.height);
      notice = undefined;
    };
    try {
      draw();
      await repeat(intervalMs, screen.left, async () => {
        await look().catch((error: unknown) => {
          if (!(error instanceof BanyanError) || error.kind !== 'unavailable') throw error;
          notice = `not as it is now: ${error.message}`;
        });
        draw();
      });
    } finally {
      screen.close();
      if (current !== engine) current.close();
    }
  }

  private async picture(engine: EngineConnection, most: number): Promise<Picture> {
    const { pictureOf } = await import('../top/picture.js');
    return pictureOf(await engine.call('listLinks', { most, agents: [], onlyDown: false }));
  }
}

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
    await delay(rest, undefined, { signal: stop }).catch(() => undefined);
  }
}
