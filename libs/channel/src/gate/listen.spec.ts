import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BanyanError } from '#errors';
import { listening } from './listen.js';

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

  it('stays open when this host has no room for one connection, and for one more', async () => {
    await listening(door, { path: join(directory, 'sock') }, () => new BanyanError('host', 'not opened'));
    // As Node does where accept(2) fails, for want of files or memory.
    for (let failed = 0; failed < 2; failed += 1) door.emit('error', new Error('accept ENFILE'));
    expect(door.listening).toBe(true);
  });

  it('is an error that says why when it cannot be opened', async () => {
    const nowhere = { path: join(directory, 'absent', 'sock') };
    const refused = new BanyanError('host', 'not opened');
    await expect(listening(door, nowhere, () => refused)).rejects.toBe(refused);
  });
});
