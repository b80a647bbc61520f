import { mkdirSync } from 'node:fs';
import { enableCompileCache, findPackageJSON } from 'node:module';
import { dirname, join } from 'node:path';
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';

/** One of the three programs of this package. */
export interface Program {
  readonly name: 'banyan-engine' | 'banyan-agent' | 'banyan-cli';
  readonly description: string;
  /** The module that exports the commands by name, relative to this file. */
  readonly commands: string;
}

/**
 * Runs a program on its command line and sets the exit code: 0 done, 1 failed, 2 wrong usage.
 *
 * Nothing heavy is imported before it is known to be needed: `--version` is answered before oclif is.
 */
export async function runProgram(program: Program): Promise<void> {
  const args = process.argv.slice(2);
  const manifest = findPackageJSON(import.meta.url)!;
  const { name, version } = JSON.parse(readFileSync(manifest, 'utf8')) as { name: string; version: string };
  if (args[0] === '--version') {
    process.stdout.write(`${program.name} ${version}\n`);
    return;
  }
  cacheCompiledCode();
  const { run } = await import('@oclif/core/run');
  try {
    const root = dirname(manifest);
    const target = join(import.meta.dirname, program.commands).slice(root.length + 1);
    await run(args, {
      root,
      isRoot: true,
      // All commands are named in one module; a manifest would be one more thing to go stale.
      ignoreManifest: true,
      pjson: {
        name,
        version,
        type: 'module',
        description: program.description,
        oclif: { bin: program.name, commands: { strategy: 'explicit', target, identifier: 'COMMANDS' } },
      },
    });
  } catch (error) {
    const { isExit, failureOf, failureJson, failureText } = await import('./failure.js');
    if (isExit(error)) return;
    const failure = failureOf(error, program.name);
    if (wantsJson(args)) process.stdout.write(failureJson(failure));
    else process.stderr.write(failureText(failure));
    process.exitCode = failure.exitCode;
  }
}

function wantsJson(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  return (end === -1 ? args : args.slice(0, end)).includes('--json');
}

/**
 * Keeps V8's compiled code between starts. Not in Node's default place under /tmp: what is in there runs
 * with the caller's privileges, so it must be a directory that nobody else could have made.
 */
function cacheCompiledCode(): void {
  const root = process.getuid?.() === 0;
  const directory = root
    ? '/var/cache/banyan'
    : join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'banyan');
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    enableCompileCache(directory);
  } catch {
    // Only slower.
  }
}
