import { examinedText, verdict, withoutRepetition } from './report.js';

const away = { state: 'warn', detail: 'could not be looked at: no config', remedy: 'init' } as const;

describe('what doctor prints', () => {
  it('has the commands that mend it under the line, one a line', () => {
    const failed = { check: 'ports', state: 'fail', detail: 'taken', remedy: 'ss\nkill' } as const;
    expect(examinedText(failed)).toBe(
      'fail  ports             taken\n                        Try: ss\n                             kill',
    );
    expect(examinedText({ check: 'disk', state: 'ok', detail: 'room' })).toBe('ok    disk              room');
  });

  it('gives the reason for which many checks cannot look once', () => {
    const shortened = withoutRepetition();
    expect(shortened({ check: 'a', ...away })).toEqual({ check: 'a', ...away });
    expect(shortened({ check: 'b', ...away })).toEqual({
      ...{ check: 'b', state: 'warn', detail: 'could not be looked at for the same reason' },
    });
    const other = { check: 'c', state: 'warn', detail: 'could not be looked at: no root' } as const;
    expect(shortened(other)).toBe(other);
  });

  it('ends with how many are well', () => {
    const ok = { check: 'a', state: 'ok', detail: '' } as const;
    expect(verdict([ok, ok])).toBe('All 2 checks are well.');
    expect(verdict([ok, { check: 'b', ...away }])).toBe('1 of 2 checks are well, 1 to look at, 0 failed.');
  });
});
