import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onlyAgent } from './only-agent.js';

describe('an agent', () => {
  it('is the only one of its run directory, until it has ended', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'banyan-only-'));
    try {
      const first = await onlyAgent(directory);
      await expect(onlyAgent(directory)).rejects.toMatchObject({
        kind: 'conflict',
        message: `another agent is running on this host and holds ${directory}/agent.lock`,
      });
      await first.release();
      await (await onlyAgent(directory)).release();
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});
