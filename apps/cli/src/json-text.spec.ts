import { jsonText } from './json-text.js';

describe('JSON for programs, seen on a terminal', () => {
  const HOSTILE = 'a\u001b[2J\u009b31m\u007f\u202egnp\u2066 ü';

  it('has nothing that the terminal obeys', () => {
    const text = jsonText({ [HOSTILE]: HOSTILE });
    expect(text).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
    expect(text).toContain('ü');
  });

  it('says the same', () => {
    expect(JSON.parse(jsonText([HOSTILE], 2))).toEqual([HOSTILE]);
  });
});
