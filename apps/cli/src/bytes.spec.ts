import { shownBytes } from './bytes.js';

it.each([
  [0, '0 B'],
  [1_023, '1023 B'],
  [1_536, '1.5 KiB'],
  [1_024 ** 2, '1.0 MiB'],
  [3 * 1_024 ** 3, '3.0 GiB'],
  [5_000 * 1_024 ** 4, '5000.0 TiB'],
])('%d bytes are %s', (bytes, text) => {
  expect(shownBytes(bytes)).toBe(text);
});
