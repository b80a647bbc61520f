import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Config } from '@oclif/core/config';
import type { Hook } from '@oclif/core/hooks';
import type { BanyanCommand } from './base-command.js';
import type { Program } from './program.js';

/**
 * Runs one command without oclif looking for all the others first, which takes as long as the start of Node.
 *
 * @param file the command's module.
 */
export async function runCommand(
  { name }: Program,
  version: string,
  file: string,
  args: string[],
): Promise<void> {
  const { default: Command } = (await import(pathToFileURL(file).href)) as { default: typeof BanyanCommand };
  Command.id = basename(file, '.js');
  const config = new LoneCommandConfig({ root: import.meta.dirname });
  Object.assign(config, { bin: name, name, version, userAgent: `${name}/${version}` });
  await Command.execute(args, config);
}

/** What a command asks of its program, where there are no plugins and so no hooks. */
class LoneCommandConfig extends Config {
  override runHook(): Promise<Hook.Result<never>> {
    return Promise.resolve({ failures: [], successes: [] });
  }
}
