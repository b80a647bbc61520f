import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { WhitelistChange } from '../../apps/engine/src/whitelist/snapshot.js';
import type { WhitelistService } from '../../apps/engine/src/whitelist/whitelist.service.js';
import { freeKeys } from '../../libs/whitelist/testing/keys.js';
import { Fixture, NEVER, reasonOf, states, until } from './fixture.js';
import { TestClock } from './test-clock.js';

const [alice, bob] = freeKeys(2) as [ReturnType<typeof freeKeys>[0], ReturnType<typeof freeKeys>[0]];
let fixture: Fixture;
let changes: WhitelistChange[];

beforeEach(() => {
  fixture = new Fixture();
  changes = [];
});

afterEach(() => fixture.remove());

function follow(whitelist: WhitelistService): WhitelistService {
  whitelist.changes.subscribe((change) => changes.push(change));
  return whitelist;
}

describe('the terms of an admitted key', () => {
  test('follow its file without its being revoked, and the change is told and logged', async () => {
    fixture.put('alice', alice);
    const whitelist = follow(await fixture.start());
    fixture.put('alice', `# role: cli\n# note: laptop\n${alice.text}\n`);
    await until(whitelist, () => whitelist.snapshot.named('alice')?.role === 'cli');
    expect(changes).toEqual([
      expect.objectContaining({
        admitted: [],
        revoked: [],
        renamed: [],
        changed: [
          {
            before: expect.objectContaining({ role: 'any' }) as unknown,
            client: expect.objectContaining({ role: 'cli', note: 'laptop' }) as unknown,
          },
        ],
      }),
    ]);
    expect(fixture.linesWith('alice: changed')[0]?.text).toMatch(/: role cli, note "laptop"$/);
  });

  test('and its name can become others at once', async () => {
    fixture.put('alice', alice);
    const whitelist = follow(await fixture.start(NEVER));
    renameSync(fixture.path('alice'), fixture.path('ada'));
    fixture.put('ada', `# role: agent\n${alice.text}\n`);
    await whitelist.rescan();
    expect(changes).toMatchObject([
      { renamed: [{ from: 'alice', to: 'ada' }], changed: [{ client: { name: 'ada', role: 'agent' } }] },
    ]);
  });

  test('that turn malformed make the file invalid, after the moment that a bad file has', async () => {
    fixture.put('alice', `# role: cli\n${alice.text}\n`);
    const whitelist = await fixture.start();
    fixture.put('alice', `# role: root\n${alice.text}\n`);
    await until(whitelist, () => whitelist.snapshot.size === 0);
    expect(states(whitelist)).toEqual(['alice invalid']);
    expect(reasonOf(whitelist, 'alice')).toMatch(/^Line 1 names no role\. Write `# role: agent`/);
  });
});

describe('a key that expires', () => {
  test('is revoked at the end of its last day by a timer, without a change in the directory', async () => {
    const clock = new TestClock('2027-01-31T23:50:00Z');
    fixture.put('alice', `# expires: 2027-01-31\n${alice.text}\n`);
    fixture.put('bob', `# expires: 2027-02-01\n${bob.text}\n`);
    const whitelist = follow(await fixture.start(NEVER, [], clock.now));
    expect(states(whitelist)).toEqual(['alice admitted', 'bob admitted']);
    clock.passUntil('2027-01-31T23:59:56Z');
    // Which sets the timer anew, as the readings at intervals do.
    let revokedAtMs = 0;
    whitelist.changes.subscribe(() => (revokedAtMs = clock.now().timeMs));
    await whitelist.rescan();
    await until(whitelist, () => whitelist.snapshot.size === 1);
    expect(revokedAtMs).toBeGreaterThanOrEqual(Date.parse('2027-02-01'));
    expect(states(whitelist)).toEqual(['alice expired', 'bob admitted']);
    expect(changes).toMatchObject([{ revoked: [{ name: 'alice' }], admitted: [] }]);
    expect(fixture.linesWith('alice: revoked')[0]?.text).toContain('it has expired');
  });

  test('does so also while the directory is away', async () => {
    const clock = new TestClock('2027-01-31T23:50:00Z');
    fixture.put('alice', `# expires: 2027-01-31\n${alice.text}\n`);
    fixture.put('bob', bob);
    const whitelist = await fixture.start({}, [], clock.now);
    renameSync(fixture.keys, `${fixture.root}/elsewhere`);
    await until(whitelist, () => whitelist.directoryError !== undefined);
    expect(states(whitelist)).toEqual(['alice admitted', 'bob admitted']);
    clock.pass(600_000);
    await until(whitelist, () => whitelist.snapshot.size === 1);
    expect(states(whitelist)).toEqual(['alice expired', 'bob admitted']);
    renameSync(`${fixture.root}/elsewhere`, fixture.keys);
    await until(whitelist, () => whitelist.directoryError === undefined);
    expect(states(whitelist)).toEqual(['alice expired', 'bob admitted']);
  });

  test('does so also while it is held, for its directory was swapped for another', async () => {
    const clock = new TestClock('2027-01-31T23:50:00Z');
    fixture.put('alice', `# expires: 2027-01-31\n${alice.text}\n`);
    const whitelist = await fixture.start({}, [], clock.now);
    renameSync(fixture.keys, `${fixture.root}/elsewhere`);
    mkdirSync(fixture.keys);
    fixture.put('bob', bob);
    await until(whitelist, () => whitelist.directoryError?.includes('lacks alice') ?? false);
    expect(states(whitelist)).toEqual(['alice admitted', 'bob admitted']);
    clock.pass(600_000);
    await until(whitelist, () => whitelist.directoryError === undefined);
    expect([...whitelist.snapshot.clients()].map(({ name }) => name)).toEqual(['bob']);
  });

  test('is back when its file says a later day', async () => {
    const clock = new TestClock('2027-03-01T12:00:00Z');
    fixture.put('alice', `# expires: 2027-01-31\n${alice.text}\n`);
    const whitelist = await fixture.start(NEVER, [], clock.now);
    expect(states(whitelist)).toEqual(['alice expired']);
    await expect(whitelist.add('alice', alice.text, { replace: true })).rejects.toMatchObject({
      kind: 'invalid',
    });
    await whitelist.add('alice', alice.text, { replace: true, expires: '2027-03-01' });
    expect(states(whitelist)).toEqual(['alice admitted']);
  });

  test('is warned of from a fortnight ahead, once a day', async () => {
    const clock = new TestClock('2027-01-16T23:30:00Z');
    fixture.put('alice', `# expires: 2027-01-31\n${alice.text}\n`);
    const whitelist = await fixture.start(NEVER, [], clock.now);
    expect(whitelist.warnings).toEqual([]);
    const warned = () =>
      fixture.linesWith('alice expires').map(({ text }) => /expires (.*?),/.exec(text)![1]);
    for (let hour = 0; hour < 50; hour += 1) {
      await whitelist.rescan();
      clock.pass(3_600_000);
    }
    expect(warned()).toEqual(['in 14 days', 'in 13 days', 'in 12 days']);
    expect(whitelist.warnings).toEqual([expect.stringContaining('at the end of 2027-01-31 (UTC)')]);
  });
});

describe('a clock that is not to be believed', () => {
  const start = async (clock: TestClock): Promise<WhitelistService> => {
    fixture.put('alice', `# expires: 2027-01-31\n${alice.text}\n`);
    return fixture.start(NEVER, [], clock.now);
  };

  test('revokes nobody when it is set ahead, which is said once, and expiry goes on when it is right', async () => {
    const clock = new TestClock('2027-01-31T12:00:00Z');
    const whitelist = await start(clock);
    clock.set('2029-01-31T12:00:00Z');
    for (let round = 0; round < 3; round += 1) await whitelist.rescan();
    expect(states(whitelist)).toEqual(['alice admitted']);
    expect(whitelist.warnings.at(-1)).toMatch(
      /^the clock of this host is more than an hour ahead .*seen-time\.json/,
    );
    expect(fixture.linesWith('no key expires until')).toMatchObject([{ level: 'error' }]);
    clock.set('2027-01-31T12:00:00Z');
    await whitelist.rescan();
    expect(fixture.linesWith('the clock of this host is believed again')).toHaveLength(1);
    clock.pass(12 * 3_600_000);
    await whitelist.rescan();
    expect(states(whitelist)).toEqual(['alice expired']);
  });

  test('revives no key when it is set back, also over a restart', async () => {
    const clock = new TestClock('2027-02-01T00:00:00Z');
    expect(states(await start(clock))).toEqual(['alice expired']);
    clock.set('2027-01-31T23:30:00Z');
    await fixture.stop();
    expect(states(await start(clock))).toEqual(['alice expired']);
    clock.set('2027-01-01T00:00:00Z');
    await fixture.stop();
    expect(states(await start(clock))).toEqual(['alice expired']);
  });

  test('is believed when its record is taken away and the engine starts anew, as the warning says', async () => {
    const clock = new TestClock('2026-06-01T12:00:00Z');
    await start(clock);
    clock.set('2027-02-01T12:00:00Z');
    await fixture.stop();
    expect(states(await start(clock))).toEqual(['alice admitted']);
    await fixture.stop();
    const record = join(fixture.state, 'seen-time.json');
    renameSync(record, `${record}.old`);
    expect(states(await start(clock))).toEqual(['alice expired']);
  });

  test('has its record set aside when that is damaged, and this is said loudly', async () => {
    const clock = new TestClock('2027-01-01T12:00:00Z');
    await start(clock);
    await fixture.stop();
    const record = join(fixture.state, 'seen-time.json');
    writeFileSync(record, '{');
    expect(states(await start(clock))).toEqual(['alice admitted']);
    expect(fixture.linesWith('Whatever time the clock shows now is believed')).toMatchObject([
      { level: 'error' },
    ]);
    expect(JSON.parse(readFileSync(record, 'utf8'))).toMatchObject({ boot_id: 'test' });
  });
});
