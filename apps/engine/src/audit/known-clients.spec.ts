import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newKey } from '../../../../libs/whitelist/testing/keys.js';
import { KnownClients } from './known-clients.js';

let directory: string;
let file: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'banyan-known-'));
  file = join(directory, 'clients.json');
});
afterEach(() => rmSync(directory, { recursive: true }));

const client = (name: string, publicKey = newKey()) => ({ name, publicKey, terms: 'role any' });

const NOTHING_ELSE = { renamed: [], changed: [], revoked: [] };

describe('the clients that are known', () => {
  const [one, two] = [client('one'), client('two')];

  it('tell what is new since, also to the next start', async () => {
    const before = new KnownClients(directory);
    expect(await before.read()).toBeUndefined();
    expect(before.update([one, two])).toEqual({ admitted: [one, two], ...NOTHING_ELSE });
    await before.save();
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const after = new KnownClients(directory);
    await after.read();
    expect(after.update([one, two])).toEqual({ admitted: [], ...NOTHING_ELSE });
    const agent = { ...one, terms: 'role agent' };
    expect(after.update([agent, two])).toEqual({
      ...{ admitted: [], renamed: [], revoked: [] },
      changed: [{ ...agent, before: 'role any' }],
    });
    const renamed = { ...agent, name: 'uno' };
    expect(after.update([renamed])).toEqual({
      ...{ admitted: [], renamed: [{ ...renamed, from: 'one' }] },
      ...{ revoked: [two], changed: [] },
    });
  });

  it('remember the name of a revoked key, over a start, until it is admitted again', async () => {
    const before = new KnownClients(directory);
    before.update([one]);
    before.update([]);
    await before.save();
    const after = new KnownClients(directory);
    await after.read();
    expect(after.revokedName(one.publicKey.text)).toBe('one');
    expect(after.revokedName(two.publicKey.text)).toBeUndefined();
    after.update([client('again', one.publicKey)]);
    expect(after.revokedName(one.publicKey.text)).toBeUndefined();
  });

  it('remember the last thousand of those', () => {
    const known = new KnownClients(directory);
    const many = Array.from({ length: 1_001 }, (_, index) => client(`client-${index}`));
    for (const each of many) known.update([each]);
    known.update([]);
    expect(known.revokedName(many[0]!.publicKey.text)).toBeUndefined();
    expect(known.revokedName(many[1]!.publicKey.text)).toBe('client-1');
    expect(known.revokedName(many.at(-1)!.publicKey.text)).toBe('client-1000');
  });

  it.each(['', 'x', 'null', '[1', '{"admitted":3}', '{"admitted":{"x":"y"},"revoked":{"z":[]}}'])(
    'are none when the file is %j',
    async (content) => {
      writeFileSync(file, content);
      const known = new KnownClients(directory);
      await known.read();
      expect(known.update([])).toEqual({ admitted: [], ...NOTHING_ELSE });
    },
  );

  it('say that the file is damaged', async () => {
    writeFileSync(file, '{"admitted"');
    expect(await new KnownClients(directory).read()).toBe(`${file} is damaged`);
  });
});
