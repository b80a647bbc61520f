import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkoutRoot } from '../test/lab/checkout.js';

/** Longest time one question to a part may take, ms. */
const ANSWER_MS = 60_000;
const END_MS = 10_000;

/** What a part can be asked: by name, one argument, one answer, all of them JSON. */
export type Questions = Record<string, (argument: never) => unknown>;

interface Answer {
  readonly value?: unknown;
  readonly error?: string;
}

/** A part of a benchmark in a process of its own, so that its time and memory are its own. It ends with us at the latest. */
export class Part<Q extends Questions> {
  #queue: Promise<unknown> = Promise.resolve();

  private constructor(private readonly child: ReturnType<typeof fork>) {}

  /** @param file module beside this one, without extension. */
  static start<Q extends Questions>(file: string, ...args: readonly string[]): Part<Q> {
    const path = `${import.meta.dirname}/${file}.js`;
    // As `bin/` starts a service.
    const execArgv = ['--expose-gc', '--disable-warning=ExperimentalWarning', ...listed('service-flags')];
    const environment = listed('service-environment').map((setting) => setting.split('='));
    const env = { ...process.env, ...(Object.fromEntries(environment) as Record<string, string>) };
    return new Part(fork(path, args, { execArgv, env }));
  }

  /** @throws Error when the part fails, ends, or does not answer in time. */
  async ask<Name extends keyof Q & string>(
    name: Name,
    argument: Parameters<Q[Name]>[0],
  ): Promise<Awaited<ReturnType<Q[Name]>>> {
    const asked = this.#queue.then(() => this.#exchange(name, argument));
    this.#queue = asked.catch(() => undefined);
    return (await asked) as Awaited<ReturnType<Q[Name]>>;
  }

  async end(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = once(this.child, 'exit');
    if (this.child.connected) this.child.disconnect();
    const impatience = setTimeout(() => this.child.kill('SIGKILL'), END_MS);
    await gone;
    clearTimeout(impatience);
  }

  async #exchange(name: string, argument: unknown): Promise<unknown> {
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(new Error(`no answer to ${name}`)), ANSWER_MS);
    const died = once(this.child, 'exit', limit).then(() => {
      throw new Error(`a part of the benchmark ended instead of answering ${name}`);
    });
    const answered: Promise<[Answer]> = once(this.child, 'message', limit) as Promise<never>;
    try {
      this.child.send({ name, argument });
      const [{ value, error }] = await Promise.race([answered, died]);
      if (error !== undefined) throw new Error(`${name}: ${error}`);
      return value;
    } finally {
      clearTimeout(timer);
      limit.abort();
      died.catch(() => undefined);
      answered.catch(() => undefined);
    }
  }
}

function listed(file: string): string[] {
  return readFileSync(join(checkoutRoot(), 'bin', file), 'utf8')
    .trim()
    .split(/\s/);
}

/** The other side: answers questions until the benchmark lets go of this process, then tidies up and ends it. */
export function answerQuestions(questions: Questions, tidyUp: () => unknown = () => undefined): void {
  process.on('message', ({ name, argument }: { name: string; argument: never }) => {
    void (async () => {
      let answer: Answer;
      try {
        answer = { value: await questions[name]!(argument) };
      } catch (error) {
        answer = { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
      }
      process.send?.(answer);
    })();
  });
  process.once('disconnect', () => {
    void Promise.resolve(tidyUp()).finally(() => process.exit());
  });
  // The terminal's Ctrl-C reaches every process of a benchmark; the first of them lets go of the others.
  process.on('SIGINT', () => undefined);
}
