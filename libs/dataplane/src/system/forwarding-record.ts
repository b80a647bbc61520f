import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '#errors';
import { fileError, makeDirectory, writeFileAtomic } from '#host';

/**
 * Remembers over restarts that this host forwarded nothing before we had it forward, which decides what the
 * firewall lets it forward now. Until the next boot only: then the host says anew what it does by itself.
 */
export interface ForwardingRecord {
  wasOff(): Promise<boolean>;
  noteWasOff(): Promise<void>;
}

export function forwardingRecord(stateDir: string): ForwardingRecord {
  const path = join(stateDir, 'forwarding-was-off');
  let known: boolean | undefined;
  return {
    async wasOff() {
      known ??= (await content(path)) === (await bootId());
      return known;
    },
    async noteWasOff() {
      await makeDirectory(stateDir);
      await writeFileAtomic(path, `${await bootId()}\n`);
      known = true;
    },
  };
}

async function content(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw fileError('read', path, error);
  }
}

async function bootId(): Promise<string> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
}
