import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { forwardingRecord } from './forwarding-record.js';

describe('the record that forwarding was off', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'banyan-forwarding-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it('is kept from one run to the next', async () => {
    const stateDir = join(directory, 'agent');
    expect(await forwardingRecord(stateDir).wasOff()).toBe(false);
    const first = forwardingRecord(stateDir);
    await first.noteWasOff();
    expect(await first.wasOff()).toBe(true);
    expect(await forwardingRecord(stateDir).wasOff()).toBe(true);
  });

  it('counts until the host boots again', async () => {
    await forwardingRecord(directory).noteWasOff();
    const path = join(directory, 'forwarding-was-off');
    expect(await readFile(path, 'utf8')).toMatch(/^[0-9a-f-]{36}\n$/);
    await writeFile(path, '00000000-0000-0000-0000-000000000000\n');
    expect(await forwardingRecord(directory).wasOff()).toBe(false);
  });
});
