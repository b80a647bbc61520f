import { styleText } from 'node:util';
import type { Line, Tone } from './view.js';

/** The terminal's second screen without a cursor (xterm, ctlseqs), and back. */
const ENTER = '\x1b[?1049h\x1b[?25l';
const LEAVE = '\x1b[?25h\x1b[?1049l';
const HOME = '\x1b[H';
/** First: after a line that is as wide as the terminal it would take the last character. */
const WIPE_LINE = '\x1b[K';
const BELOW = '\x1b[J';

const CTRL_C = '\x03';
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const STYLES: Readonly<Record<Tone, Parameters<typeof styleText>[0] | undefined>> = {
  plain: undefined,
  head: 'bold',
  bad: 'red',
  odd: 'yellow',
};

/**
 * The whole terminal, until it is given back: which it is also when the process ends by an error. What was on it
 * before is on it again then.
 */
export class Screen {
  /** Aborted when somebody wants to leave: q, Ctrl-C, or a signal. */
  readonly left: AbortSignal;
  readonly #leaving = new AbortController();
  #isOpen = true;

  constructor(
    private readonly out: NodeJS.WriteStream,
    private readonly keys: NodeJS.ReadStream,
    private readonly resized: () => void,
  ) {
    this.left = this.#leaving.signal;
    process.once('exit', this.#restore);
    for (const signal of SIGNALS) process.once(signal, this.#leave);
    out.once('error', this.#leave);
    out.on('resize', this.resized);
    if (keys.isTTY) keys.setRawMode(true);
    keys.on('data', this.#pressed);
    keys.on('error', this.#leave);
    out.write(ENTER);
  }

  get width(): number {
    return this.out.columns || 80;
  }

  get height(): number {
    return this.out.rows || 24;
  }

  draw(lines: readonly Line[]): void {
    if (!this.#isOpen) return;
    const shown = lines.map(({ text, tone }) => `${WIPE_LINE}${this.#styled(text, tone)}`);
    this.out.write(`${HOME}${shown.join('\r\n')}${BELOW}`);
  }

  close(): void {
    this.#restore();
    process.off('exit', this.#restore);
    for (const signal of SIGNALS) process.off(signal, this.#leave);
    this.out.off('resize', this.resized);
    this.keys.off('data', this.#pressed);
    this.keys.pause();
  }

  /** As NO_COLOR and the terminal have it. */
  #styled(text: string, tone: Tone): string {
    const style = STYLES[tone];
    return style === undefined ? text : styleText(style, text, { stream: this.out });
  }

  readonly #restore = (): void => {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    if (this.keys.isTTY) this.keys.setRawMode(false);
    this.out.write(LEAVE);
  };

  readonly #leave = (): void => this.#leaving.abort();

  readonly #pressed = (keys: Buffer | string): void => {
    const pressed = keys.toString();
    if (/q/i.test(pressed) || pressed.includes(CTRL_C)) this.#leave();
  };
}
