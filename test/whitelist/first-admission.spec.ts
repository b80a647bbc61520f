import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PublicKey } from '#crypto';
import { collidingKeys, newKey } from '../../libs/whitelist/testing/keys.js';
import { Fixture, NEVER, reasonOf, states, until } from './fixture.js';

const [first, second] = collidingKeys(2) as [PublicKey, PublicKey];
const unrelated = newKey();
let fixture: Fixture;

beforeEach(() => {
  fixture = new Fixture();
});

afterEach(() => fixture.remove());

describe('of two keys on one tunnel address', () => {
  test('the one admitted first keeps it, over a restart, whatever the other is called', async () => {
    fixture.put('m', first);
    await fixture.start();
    await fixture.stop();
    fixture.put('a', second);
    const whitelist = await fixture.start();
    expect(states(whitelist)).toEqual(['a conflict', 'm admitted']);
    expect(fixture.linesWith('a.pub is not admitted (conflict)')).toHaveLength(1);
  });

  test('none is admitted without a record, and others are not affected', async () => {
    fixture.put('a', second);
    fixture.put('m', first);
    fixture.put('x', unrelated);
    const whitelist = await fixture.start();
    expect(states(whitelist)).toEqual(['a conflict', 'm conflict', 'x admitted']);
    expect(reasonOf(whitelist, 'a')).toContain('none of them is known to have been first');
    rmSync(fixture.path('a'));
    await until(whitelist, () => whitelist.snapshot.find(first.text) !== undefined);
  });

  test('none is admitted when the record is damaged, which is kept aside and said loudly', async () => {
    fixture.put('m', first);
    fixture.put('x', unrelated);
    await fixture.start();
    await fixture.stop();
    writeFileSync(join(fixture.state, 'first-admissions.json'), '{"version":1,"hold');
    fixture.put('a', second);
    const whitelist = await fixture.start();
    expect(states(whitelist)).toEqual(['a conflict', 'm conflict', 'x admitted']);
    expect(fixture.logged.find(({ level }) => level === 'error')?.text).toMatch(
      /is damaged.*kept as .*\.corrupt-/,
    );
    expect(readdirSync(fixture.state).some((name) => name.includes('.corrupt-'))).toBe(true);
  });

  test('the second is refused when it is added by name', async () => {
    const whitelist = await fixture.start();
    await whitelist.add('m', first.text);
    await expect(whitelist.add('a', second.text)).rejects.toMatchObject({ kind: 'conflict' });
    expect(states(whitelist)).toEqual(['m admitted']);
  });
});

describe('the record of first admissions', () => {
  test('that cannot be written keeps nobody out, is said once, and is written when it can be', async () => {
    writeFileSync(fixture.state, 'in the way');
    fixture.put('m', first);
    const whitelist = await fixture.start();
    await whitelist.rescan();
    expect(states(whitelist)).toEqual(['m admitted']);
    expect(whitelist.recordError).toContain('a restart forgets who held a tunnel address first');
    expect(
      fixture.logged.filter(({ level, text }) => level === 'error' && text.includes('first-admissions')),
    ).toHaveLength(1);
    rmSync(fixture.state);
    await whitelist.rescan();
    expect(whitelist.recordError).toBeUndefined();
    expect(readdirSync(fixture.state)).toContain('first-admissions.json');
  });
});

describe('adding and removing while the engine runs', () => {
  test('are in force when they return', async () => {
    const whitelist = await fixture.start(NEVER);
    const added = await whitelist.add('worker-1', unrelated.text);
    expect(whitelist.snapshot.find(unrelated.text)).toMatchObject({
      name: 'worker-1',
      tunnelAddress: added.tunnelAddress,
    });
    expect((await whitelist.remove('worker-1')).removed?.publicKey.text).toBe(unrelated.text);
    expect(whitelist.snapshot.size).toBe(0);
    await expect(whitelist.remove('worker-1')).rejects.toMatchObject({ kind: 'not-found' });
  });

  test('with replace revokes the old key and admits the new one under the same name', async () => {
    const whitelist = await fixture.start();
    await whitelist.add('worker-1', first.text);
    const changes: unknown[] = [];
    whitelist.changes.subscribe((change) => changes.push(change));
    await whitelist.add('worker-1', second.text, { replace: true });
    expect(changes).toMatchObject([
      { admitted: [{ name: 'worker-1' }], revoked: [{ name: 'worker-1' }], renamed: [], changed: [] },
    ]);
    expect(whitelist.snapshot.find(first.text)).toBeUndefined();
  });
});
