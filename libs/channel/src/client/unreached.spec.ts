import { BanyanError } from '#errors';
import { unreached } from './unreached.js';

const failed = (at: string, why: string) => ({
  at,
  error: new BanyanError('unavailable', `no engine reached at ${at}: ${why}`, { cause: new Error(why) }),
});

describe('an engine that is reached by no path', () => {
  it('is told of once, where all have failed for the same reason', () => {
    expect(unreached([failed('10.200.0.1:1', 'refused'), failed('192.0.2.1:1', 'refused')])).toBe(
      'no engine reached at 10.200.0.1:1 or 192.0.2.1:1: refused',
    );
  });

  it('is told of with the reason of each path, where they differ', () => {
    expect(unreached([failed('10.200.0.1:1', 'late'), failed('192.0.2.1:1', 'refused')])).toBe(
      'no engine reached at 10.200.0.1:1: late; no engine reached at 192.0.2.1:1: refused',
    );
  });
});
