import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestOf, tableRecord } from './table-record.js';

describe('the record of tables', () => {
  let directory: string;
  let path: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'banyan-tables-'));
    path = join(directory, 'tables');
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it('is kept from one run to the next, a table each', async () => {
    const [first, second] = ['drop', 'accept'].map((text) => digestOf({ text, listing: text })) as [
      string,
      string,
    ];
    expect(await tableRecord(path).has('one', first)).toBe(false);
    await tableRecord(path).note('one', first);
    await tableRecord(path).note('two', second);
    await tableRecord(path).note('two', first);
    expect(await tableRecord(path).has('one', first)).toBe(true);
    expect(await tableRecord(path).has('two', first)).toBe(true);
    expect(await tableRecord(path).has('two', second)).toBe(false);
  });

  it('knows nothing when the file says nothing that it understands', async () => {
    await writeFile(path, '\n one\nand two\n');
    expect(await tableRecord(path).has('one', digestOf({ text: '', listing: '' }))).toBe(false);
  });

  it('tells what was loaded from what was shown', () => {
    expect(digestOf({ text: 'a', listing: 'bc' })).not.toBe(digestOf({ text: 'ab', listing: 'c' }));
  });
});
