import fc from 'fast-check';
import { tunnelAddress, type PublicKey } from '#crypto';
import { admit as admitAt, type Admission } from './admit.js';
import { NO_ADMISSIONS, type AdmissionRecord } from './admission-record.js';
import type { ClientName } from './client-name.js';
import type { ClientFile } from './directory.js';
import type { ExpiryDate } from './expiry-date.js';
import { collidingKeys, freeKeys } from '../testing/keys.js';

const [alice, bob] = freeKeys(2) as [PublicKey, PublicKey];
const [first, second, third] = collidingKeys(3) as [PublicKey, PublicKey, PublicKey];

function file(name: string, publicKey: PublicKey): ClientFile {
  return {
    kind: 'key',
    name: name as ClientName,
    publicKey,
    tunnelAddress: tunnelAddress(publicKey),
    role: 'any',
  };
}

/** What passes is tested apart. */
const admit = (found: readonly ClientFile[], record: AdmissionRecord) => admitAt(found, record, 0);

function files(named: Record<string, PublicKey>): ClientFile[] {
  return Object.entries(named).map(([name, key]) => file(name, key));
}

function states({ entries }: Admission): Record<string, string> {
  return Object.fromEntries(entries.map(({ name, state }) => [name, state]));
}

function recordOf(named: Record<string, PublicKey>): AdmissionRecord {
  return admit(files(named), NO_ADMISSIONS).record;
}

describe('admission', () => {
  test('keys that share nothing are admitted and put on record', () => {
    const admission = admit(files({ a: alice, b: bob }), NO_ADMISSIONS);
    expect(states(admission)).toEqual({ a: 'admitted', b: 'admitted' });
    expect(admission.record.get(tunnelAddress(alice))).toEqual({ name: 'a', publicKey: alice });
  });

  test('a bad file is invalid, with the reason and the remedy, and stops nobody else', () => {
    const bad: ClientFile = {
      kind: 'bad',
      name: 'x',
      content: '',
      refusal: { reason: 'Why', remedy: 'What to do.' },
    };
    const { entries } = admit([bad, file('a', alice)], NO_ADMISSIONS);
    expect(entries[0]).toEqual({ name: 'x', state: 'invalid', reason: 'Why. What to do.' });
    expect(entries[1]?.state).toBe('admitted');
  });

  describe('of one key in several files', () => {
    test('refuses all of them when none is on record', () => {
      expect(states(admit(files({ a: alice, b: alice }), NO_ADMISSIONS))).toEqual({
        a: 'duplicate',
        b: 'duplicate',
      });
    });

    test('keeps the name on record, whatever the other is called', () => {
      const record = recordOf({ m: alice });
      expect(states(admit(files({ a: alice, m: alice, z: alice }), record))).toEqual({
        a: 'duplicate',
        m: 'admitted',
        z: 'duplicate',
      });
    });

    test('follows a rename, and the new name is then the one on record', () => {
      const renamed = admit(files({ b: alice }), recordOf({ a: alice }));
      expect(states(admit(files({ a: alice, b: alice }), renamed.record))).toEqual({
        a: 'duplicate',
        b: 'admitted',
      });
    });
  });

  describe('of several keys on one tunnel address', () => {
    test('refuses all of them when none is on record', () => {
      expect(states(admit(files({ a: first, b: second }), NO_ADMISSIONS))).toEqual({
        a: 'conflict',
        b: 'conflict',
      });
    });

    test('leaves the address to the key on record, whatever the file of the newcomer is called', () => {
      const record = recordOf({ m: first });
      expect(states(admit(files({ a: second, m: first, z: third }), record))).toEqual({
        a: 'conflict',
        m: 'admitted',
        z: 'conflict',
      });
    });

    test('names who holds the address and what to do', () => {
      const { entries } = admit(files({ a: second, m: first }), recordOf({ m: first }));
      expect(entries[0]?.reason).toContain(`${tunnelAddress(first)} belongs to m, which was admitted first`);
      expect(entries[0]?.reason).toContain('Run `init` again on a');
    });

    test('gives it to the one that is left when the holder is removed, and not back when the holder returns', () => {
      const both = admit(files({ a: second, m: first }), recordOf({ m: first }));
      const alone = admit(files({ a: second }), both.record);
      expect(states(alone)).toEqual({ a: 'admitted' });
      expect(states(admit(files({ a: second, m: first }), alone.record))).toEqual({
        a: 'admitted',
        m: 'conflict',
      });
    });

    test('remembers the holder over a time in which the directory is empty', () => {
      const empty = admit([], recordOf({ m: first }));
      expect(states(admit(files({ a: second, m: first }), empty.record))).toEqual({
        a: 'conflict',
        m: 'admitted',
      });
    });

    test('lets no copy of the key on record change who holds it', () => {
      const record = recordOf({ m: first });
      expect(states(admit(files({ a: first, m: first, z: second }), record))).toEqual({
        a: 'duplicate',
        m: 'admitted',
        z: 'conflict',
      });
    });
  });

  describe('of a key whose last day is', () => {
    const until = (date: string, one = first) => ({ ...file('m', one), expires: date as ExpiryDate });
    const midnight = Date.UTC(2031, 1, 4);

    test('not over admits it, to the last millisecond of it', () => {
      const { clients } = admitAt([until('2031-02-03')], NO_ADMISSIONS, midnight - 1);
      expect(clients).toMatchObject([{ name: 'm', expires: '2031-02-03' }]);
    });

    test('over refuses it from then on, with the reason and the remedy', () => {
      const { entries, clients } = admitAt([until('2031-02-03')], NO_ADMISSIONS, midnight);
      expect(clients).toEqual([]);
      expect(entries).toMatchObject([{ name: 'm', state: 'expired', expires: '2031-02-03' }]);
      expect(entries[0]?.reason).toMatch(
        /^It expired at the end of 2031-02-03 \(UTC\)\. .*remove-client --name m/,
      );
    });

    test('over gives neither a copy of it its name, nor another key its address', () => {
      const record = recordOf({ m: first });
      const found = [file('a', first), until('2031-02-03'), file('z', second)];
      const admission = admitAt(found, record, midnight);
      expect(states(admission)).toEqual({ a: 'duplicate', m: 'expired', z: 'conflict' });
      expect(admission.record).toBe(record);
    });
  });

  test('the record stays the same object when nobody is new', () => {
    const record = recordOf({ a: alice });
    expect(admit(files({ a: alice }), record).record).toBe(record);
  });

  test('never are a key, a name or a tunnel address admitted twice, nor an admitted client put out by additions', () => {
    const key = fc.constantFrom(alice, bob, first, second, third);
    const directory = fc.uniqueArray(fc.tuple(fc.constantFrom(...'abcdefg'), key), {
      selector: ([name]) => name,
    });
    fc.assert(
      fc.property(fc.array(directory, { maxLength: 4 }), directory, (history, additions) => {
        let record = NO_ADMISSIONS;
        let admission = admit([], record);
        let present: [string, PublicKey][] = [];
        for (present of history) {
          admission = admit(
            present.map(([name, one]) => file(name, one)),
            record,
          );
          record = admission.record;
          for (const property of ['name', 'tunnelAddress'] as const) {
            const values = admission.clients.map((client) => client[property]);
            expect(new Set(values).size).toBe(values.length);
          }
          expect(new Set(admission.clients.map(({ publicKey }) => publicKey.text)).size).toBe(
            admission.clients.length,
          );
        }
        const names = new Set(present.map(([name]) => name));
        const more = [...present, ...additions.filter(([name]) => !names.has(name))].sort();
        const after = admit(
          more.map(([name, one]) => file(name, one)),
          record,
        );
        for (const client of admission.clients) expect(after.clients).toContainEqual(client);
      }),
    );
  });
});
