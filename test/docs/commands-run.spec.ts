import { blocksOf } from './blocks.js';
import { textOf } from './documents.js';
import { Reader } from './reader.js';

describe('docs/quick-start.md', () => {
  let reader: Reader;
  let failed: string | undefined;
  beforeAll(async () => (reader = await Reader.create()), 60_000);
  afterAll(() => reader?.destroy(), 60_000);

  for (const block of blocksOf(textOf('docs/quick-start.md')).filter(({ host }) => host !== undefined)) {
    const title = `works on ${block.host}: ${block.lines.join('; ')}`;
    const step = async () => {
      // Each goes on from the one before: what follows would only fail because of it.
      if (failed !== undefined) throw new Error(`not tried, since this failed: ${failed}`);
      failed = title;
      await reader.does(block);
      failed = undefined;
    };
    it(title, step, 120_000);
  }
});
