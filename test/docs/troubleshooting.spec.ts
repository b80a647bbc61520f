import { textOf } from './documents.js';
import { troubleshooting } from './troubleshooting.js';

describe('docs/troubleshooting.md', () => {
  it('is what the checks of doctor say of themselves; scripts/troubleshooting writes it', () => {
    expect(textOf('docs/troubleshooting.md')).toBe(troubleshooting());
  });
});
