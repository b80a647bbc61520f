import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { enableCompileCache, findPackageJSON } from 'node:module';
import { homedir } from 'node:os';
import { dirname, join, relative } from 'node:path';

/** One of the three programs of this package; its commands are the files of `<role>/commands/`. */
export interface Program {
  readonly name: 'banyan-engine' | 'banyan-agent' | 'banyan-cli';
  readonly role: 'engine' | 'agent' | 'cli';
  readonly description: string;
}

export const PROGRAMS = {
  engine: {
    name: 'banyan-engine',
    role: 'engine',
    description: 'The engine: decides who belongs to the private network.',
  },
  agent: {
    name: 'banyan-agent',
    role: 'agent',
    description: 'The agent: joins this host to the private network.',
  },
  cli: {
    name: 'banyan-cli',
    role: 'cli',
    description: 'The operator command line: asks the engine who is there.',
  },
} as const satisfies Record<Program['role'], Program>;

/**
 * Runs a program on its command line and sets the exit code: 0 done, 1 failed, 2 wrong usage.
 *
 * Start-up is what people feel, so each step loads only what it needs: `--version` nothing, a command that
 * exists its own file, and only help and mistyped commands all of them.
 */
export async function runProgram(program: Program): Promise<void> {
  const args = asFlag(process.argv.slice(2));
  const manifest = findPackageJSON(import.meta.url)!;
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
  if (args[0] === '--version') {
    process.stdout.write(`${program.name} ${version}\n`);
    return;
  }
  cacheCompiledCode();
  const [command = '', ...rest] = args;
  const file = commandFile(program, command);
  try {
    if (file !== undefined && !asksForHelp(rest)) {
      const { runCommand } = await import('./run-command.js');
      await runCommand(program, version, file, rest);
    } else {
      await runOclif(program, version, dirname(manifest), args);
    }
  } catch (error) {
    const { isExit, reportFailure } = await import('./failure.js');
    const what = file === undefined ? program.name : `${program.name} ${command}`;
    if (!isExit(error)) process.exitCode = reportFailure(error, what, wantsJson(args));
  }
  await flushed(process.stdout);
  await flushed(process.stderr);
  // A command is over once it has answered: grpc-js goes on dialling for minutes on a path that lost.
  process.exit();
}

/** Pipes are written to in the background; leaving earlier would cut the output off. */
function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => stream.write('', () => resolve()));
}

/** The module of a command; undefined when there is no such command. */
function commandFile({ role }: Program, command: string): string | undefined {
  if (!/^[a-z]+(-[a-z]+)*$/.test(command)) return undefined;
  const file = join(import.meta.dirname, role, 'commands', `${command}.js`);
  return existsSync(file) ? file : undefined;
}

/** oclif's whole way: finds all commands, shows help, says which command does not exist. */
async function runOclif(
  { name, role, description }: Program,
  version: string,
  root: string,
  args: string[],
): Promise<void> {
  const { run } = await import('@oclif/core/run');
  const target = relative(root, join(import.meta.dirname, role, 'commands'));
  const oclif = { bin: name, commands: { strategy: 'pattern' as const, target } };
  // No manifest: one more file that can go stale.
  await run(args, {
    root,
    isRoot: true,
    ignoreManifest: true,
    pjson: { name, version, type: 'module', description, oclif },
  });
}

/** `help status` and `status -h`, which people type as often, are `status --help`. */
function asFlag(args: string[]): string[] {
  if (args[0] === 'help') return [...args.slice(1), '--help'];
  const end = beforeDashes(args).length;
  return args.map((each, at) => (each === '-h' && at < end ? '--help' : each));
}

function asksForHelp(args: readonly string[]): boolean {
  return beforeDashes(args).includes('--help');
}

function wantsJson(args: readonly string[]): boolean {
  return beforeDashes(args).includes('--json');
}

function beforeDashes(args: readonly string[]): readonly string[] {
  const end = args.indexOf('--');
  return end === -1 ? args : args.slice(0, end);
}

/**
 * Keeps V8's compiled code between starts. Not in Node's default place under /tmp: what is in there runs
 * with the caller's privileges, so it must be a directory that nobody else could have made.
 */
function cacheCompiledCode(): void {
  const directory =
    process.getuid?.() === 0
      ? '/var/cache/banyan'
      : join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'banyan');
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    enableCompileCache(directory);
  } catch {
    // Only slower.
  }
}
