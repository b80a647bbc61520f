import { shownRevision } from './revision.js';

it('is the start of the engine and the change since', () => {
  expect(shownRevision(3 * 2 ** 32 + 17)).toBe('3.17');
  expect(shownRevision(0)).toBe('-');
});
