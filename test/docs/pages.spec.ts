import { textOf } from './documents.js';
import { pages } from './pages.js';

it('the pages that are written from the code are what it says; scripts/reference writes them', async () => {
  const expected = await pages();
  expect(Object.keys(expected)).toHaveLength(3);
  for (const [path, text] of Object.entries(expected))
    expect({ path, text: textOf(path) }).toEqual({ path, text });
});
