import { asBanyanError, BanyanError, complaint } from './index.js';

describe('an error that is told', () => {
  it('has its remedy with it, where there is one', () => {
    expect(complaint(new BanyanError('host', 'it broke', { remedy: 'Mend it.' }))).toBe(
      'it broke. Try: Mend it.',
    );
    expect(complaint(new BanyanError('host', 'it broke'))).toBe('it broke');
  });

  it('stays what it is when it is one of ours, and else keeps its cause', () => {
    const ours = new BanyanError('conflict', 'taken');
    expect(asBanyanError(ours, 'invalid')).toBe(ours);
    const theirs = new Error('odd');
    expect(asBanyanError(theirs)).toMatchObject({ kind: 'host', message: 'odd', cause: theirs });
  });
});
