import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BanyanError } from '#errors';
import type { Log } from '#log';
import { listening } from './listen.js';

function hearing(): { log: Log; heard: string[] } {
  const heard: string[] = [];
  return { log: { say: (event, message) => heard.push(`${event}: ${message}`) }, heard };
}

describe('a door', () => {
  let directory: string;
  let door: Server;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'banyan-listen-'));
    door = createServer();
  });
  afterEach(async () => {
    door.close();
    await rm(directory, { recursive: true, force: true });
  });

  it('stays open when this host has no room for one connection, and for one more, and says so', async () => {
    const { log, heard } = hearing();
    const at = { path: join(directory, 'sock') };
    await listening(door, at, () => new BanyanError('host', 'not opened'), log);
    // As Node does where accept(2) fails, for want of files or memory.
    for (let failed = 0; failed < 2; failed += 1) door.emit('error', new Error('accept ENFILE'));
    expect(door.listening).toBe(true);
    // In the same words, which the log counts.
    expect(new Set(heard)).toEqual(new Set([expect.stringMatching(/accept ENFILE.*fs\.file-max/) as string]));
  });

  it('is an error that says why when it cannot be opened', async () => {
    const nowhere = { path: join(directory, 'absent', 'sock') };
    const refused = new BanyanError('host', 'not opened');
    const { log, heard } = hearing();
    await expect(listening(door, nowhere, () => refused, log)).rejects.toBe(refused);
    expect(heard).toEqual([]);
  });
});
