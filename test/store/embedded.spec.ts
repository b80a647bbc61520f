import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '../../apps/engine/src/store/open.js';
import { itIsAStore } from './conformance.js';
import { recordingLog } from './log.js';

describe('the embedded store', () => {
  let stateDir: string;
  beforeAll(async () => {
    stateDir = await mkdtemp(join(tmpdir(), 'banyan-store-'));
  });
  afterAll(() => rm(stateDir, { recursive: true, force: true }));

  itIsAStore({ open: () => openStore({ backend: 'embedded', address: '', stateDir }, recordingLog()) });
});
