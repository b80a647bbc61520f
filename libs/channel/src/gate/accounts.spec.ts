import fc from 'fast-check';
import { Account, Accounts } from './accounts.js';

const LIMITS = { connections: 3, calls: 4, callsPerSecond: 10 };

describe('Account', () => {
  it('never has more connections than its limit, and always takes the newest', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat(20)), { maxLength: 100 }), (steps) => {
        const account = new Account<number>('key', LIMITS);
        for (const [opens, connection] of steps) {
          if (opens) expect(account.opened(connection)).not.toBe(connection);
          else account.closed(connection);
          expect(account.connections).toBeLessThanOrEqual(LIMITS.connections);
        }
      }),
    );
  });

  it('has no more calls open than its limit, and room again when one has ended', () => {
    const account = new Account('key', LIMITS);
    expect([1, 2, 3, 4, 5].map(() => account.began(0))).toEqual([
      ...[undefined, undefined, undefined, undefined],
      'calls',
    ]);
    account.ended();
    expect(account.began(0)).toBeUndefined();
  });

  it('makes no more calls than its rate, messages on streams among them', () => {
    const account = new Account('key', { ...LIMITS, calls: 1_000 });
    for (let made = 0; made < 50; made += 1) expect(account.began(0)).toBeUndefined();
    expect([account.began(0), account.message(0)]).toEqual(['rate', false]);
    expect([account.message(100), account.began(100)]).toEqual([true, 'rate']);
  });
});

describe('Accounts', () => {
  it('remember what a key has used when its connections are gone, until it is revoked', () => {
    const accounts = new Accounts(LIMITS);
    accounts.of('key').opened({});
    expect(accounts.of('key').connections).toBe(1);
    accounts.forget('key');
    expect([accounts.size, accounts.of('key').connections]).toEqual([0, 0]);
  });
});
