import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseLease, readLeases } from './leases.js';

describe('a lease', () => {
  it.each([
    ['c1d2\r\neth0', 'c1d2'],
    ['c1d2\neth0\n', 'c1d2'],
    ['c1d2', 'c1d2'],
  ])('%j names a container', (text, name) => {
    expect(parseLease('10.201.3.2', text)).toEqual({ name, address: '10.201.3.2', kind: 'cni' });
  });

  it.each(['', '\r\neth0', '../x\r\neth0', 'a b', '\u001b[2J', 'x'.repeat(300), '\0'])(
    '%j takes its address and names nobody',
    (text) => {
      expect(parseLease('10.201.3.2', text)).toEqual({ address: '10.201.3.2', kind: 'cni' });
    },
  );
});

describe('the leases of a directory', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'banyan-leases-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it('are none where nobody gave any', async () => {
    expect(await readLeases(directory)).toEqual([]);
  });

  it('are the files named after an address, whatever else is there', async () => {
    const folder = join(directory, 'banyan');
    await mkdir(join(folder, '10.201.3.4'), { recursive: true });
    await writeFile(join(folder, '10.201.3.2'), 'one\r\neth0');
    await writeFile(join(folder, '10.201.3.3'), 'x'.repeat(100_000));
    await writeFile(join(folder, 'last_reserved_ip.0'), '10.201.3.3');
    await writeFile(join(folder, 'lock'), '');
    execFileSync('mkfifo', [join(folder, '10.201.3.5')]);
    expect(await readLeases(directory)).toEqual([
      { name: 'one', address: '10.201.3.2', kind: 'cni' },
      { address: '10.201.3.3', kind: 'cni' },
      { address: '10.201.3.4', kind: 'cni' },
      { address: '10.201.3.5', kind: 'cni' },
    ]);
  });
});
