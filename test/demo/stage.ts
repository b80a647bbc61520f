import type { Host, Process } from '../lab/index.js';

/** Where the story is told: every command is shown as it is run, on its host, with what it says. */
export class Stage {
  private steps = 0;

  constructor(private readonly print: (line: string) => void) {}

  /** The next step, in words. */
  title(text: string): void {
    this.steps += 1;
    this.print(`\n${this.steps}. ${text}\n`);
  }

  note(text: string): void {
    for (const line of text.trimEnd().split('\n')) this.print(`   ${line}`);
  }

  /** Runs a command that must succeed. @returns what it wrote to standard output. */
  async run(host: Host, argv: readonly string[]): Promise<string> {
    this.prompt(host, argv);
    const output = await host.output(argv);
    this.note(output);
    return output;
  }

  /** Starts a program that goes on, and waits for it to say that it is there. */
  async start(host: Host, argv: readonly string[], says: string | RegExp): Promise<Process> {
    this.prompt(host, [...argv, '&']);
    const program = host.spawn(argv);
    await program.says(says, 60_000);
    this.note(program.stdout + program.stderr);
    return program;
  }

  private prompt(host: Host, argv: readonly string[]): void {
    this.print(`   root@${host.name}# ${argv.map(quoted).join(' ')}`);
  }
}

function quoted(argument: string): string {
  return /^[\w&/.:=+-]+$/.test(argument) ? argument : `'${argument}'`;
}
