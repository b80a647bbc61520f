import { boolean, string } from '@oclif/core/flags';
import type { EngineConnection } from '#channel';
import { BanyanError } from '#errors';
import { pause } from '#host';
import type { EventName } from '#log';
import type { FollowEventsResponse } from '#protocol';
import { OperatorCommand } from '../operator-command.js';

/** Events shown before those that follow, where nobody says how many. */
const BEFORE = 10;
/** Milliseconds between two attempts to reach an engine that is away. */
const AGAIN_MS = 2_000;
/** The engine has another key, and says which to whoever knows the previous one. */
const KEY_ROTATED: EventName = 'engine.key_rotated';

export default class Events extends OperatorCommand {
  static override readonly summary =
    "Show what happened in the network lately, in the words of the engine's log, or follow what happens.";
  static override readonly description =
    'Agents that come and go or lag behind, links, clients that are admitted, changed, rotated and revoked, refused calls, and trouble with the store. The engine keeps the last thousand of this start; its log has more, and lasts. With --follow, a connection that is lost is made again, and what came meanwhile is shown then.';
  static override readonly examples = [
    '<%= config.bin %> <%= command.id %> --since 10m',
    '<%= config.bin %> <%= command.id %> --follow',
    '<%= config.bin %> <%= command.id %> --follow --json | jq -c \'select(.event == "agent.offline")\'',
  ];
  static override readonly answer =
    'an object: time, level, event, message; one a line, and name too where an event concerns somebody';
  static override readonly flags = {
    since: string({ description: 'only what happened since then: 10m, 24h, 2027-01-31', helpValue: 'WHEN' }),
    follow: boolean({ description: 'go on with what happens from now on, until Ctrl-C' }),
  };

  protected override readonly lasts = true;
  readonly #stop = new AbortController();

  async run(): Promise<undefined> {
    const { flags } = await this.parse(Events);
    const [{ parseSince }, { EventPlace }] = await Promise.all([
      import('../../since.js'),
      import('../event-place.js'),
    ]);
    const place = new EventPlace({
      sinceMs: flags.since === undefined ? 0 : Date.parse(parseSince(flags.since)),
      last: flags.follow && flags.since === undefined ? BEFORE : 0,
      follow: flags.follow,
    });
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => this.#stop.abort());
    // Whoever read it has gone.
    process.stdout.once('error', () => this.#stop.abort());
    let shown = 0;
    const { readEvents, eventJson, eventText } = await import('../event-reader.js');
    const show = (response: FollowEventsResponse): void => {
      for (const sentence of place.took(response)) this.progress(`-- ${sentence}`);
      const { event } = response;
      if (!event) return;
      shown += 1;
      if (this.jsonEnabled()) process.stdout.write(`${eventJson(event)}\n`);
      else this.line(eventText(event));
    };
    await this.read(
      flags,
      () => place.isKnown,
      (engine) => {
        const showHere = (response: FollowEventsResponse): void => {
          show(response);
          // Headers of an answer say which key that is, and those of this stream have come long ago.
          if (response.event?.event === KEY_ROTATED) void engine.call('status', {}).catch(() => undefined);
        };
        return readEvents(engine, place.request, this.#stop.signal, showHere).finally(() => place.lost());
      },
    );
    if (shown === 0 && !flags.follow && !this.jsonEnabled()) this.line('Nothing has happened since then.');
  }

  /** Once, or until it is stopped: an engine that has answered once is waited for. */
  private async read(
    { config, follow }: { readonly config?: string | undefined; readonly follow: boolean },
    hasAnswered: () => boolean,
    work: (engine: EngineConnection) => Promise<void>,
  ): Promise<void> {
    let [why, advice] = ['', ''];
    do {
      try {
        // Anew each time: the engine's key may be another by now.
        await this.withEngine(await this.loadSettings('cli', config), work);
        [why, advice] = ['', ''];
      } catch (error) {
        const isAway = error instanceof BanyanError && error.kind === 'unavailable';
        if (!isAway || !follow || !hasAnswered()) throw error;
        const { message, remedy } = error;
        if (message !== why) this.progress(`-- the connection is lost: ${message}; trying again`);
        // What goes by itself needs no advice.
        else if (remedy !== undefined && remedy !== advice) this.progress(`-- try: ${(advice = remedy)}`);
        why = message;
      }
      if (follow) await pause(AGAIN_MS, this.#stop.signal);
    } while (follow && !this.#stop.signal.aborted);
  }
}
