import type { Run, RunOptions, RunResult } from '#host';

export interface ScriptedCall extends Partial<RunResult> {
  /** The program and its arguments, joined by blanks. */
  readonly command: string;
  /** What must be on its standard input; absent: nothing. */
  readonly input?: string;
}

/**
 * A {@link Run} that plays a script and starts nothing: every call must be the next of those written down,
 * except that calls made at the same time may come in any order.
 */
export class ScriptedRun {
  #script: ScriptedCall[] = [];

  expect(...calls: ScriptedCall[]): this {
    this.#script.push(...calls);
    return this;
  }

  /** @throws Error when something that was expected never ran. */
  done(): void {
    const [next] = this.#script;
    if (next) throw new Error(`\`${next.command}\` was expected and did not run`);
  }

  readonly run: Run = (program: string, args: readonly string[], options: RunOptions = {}) => {
    const command = [program, ...args].join(' ');
    const reachable = command.startsWith('wg show') || command.startsWith('ip -json') ? 3 : 1;
    const index = this.#script.findIndex(
      (call, position) => position < reachable && call.command === command,
    );
    const [call] = index < 0 ? [] : this.#script.splice(index, 1);
    if (!call)
      return Promise.reject(
        new Error(`not expected: \`${command}\`; next is \`${this.#script[0]?.command}\``),
      );
    if (call.input !== options.input) return Promise.reject(new Error(`\`${command}\` got another input`));
    return Promise.resolve({ exitCode: 0, stdout: '', stderr: '', ...call });
  };
}
