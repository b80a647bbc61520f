import { blocksOf, type Block } from './blocks.js';
import { DOCUMENTS, textOf } from './documents.js';
import { ELSEWHERE } from './elsewhere.js';
import { examples } from './examples.js';
import { Reader } from './reader.js';

/** The documents that are done in this order on the same hosts. */
const STORY = ['docs/quick-start.md', 'docs/containers.md', 'docs/operations.md', 'docs/install.md'];

/** Blocks of sh say on which host; those that do not are for no host in particular. */
const isTyped = ({ host }: Block) => host !== undefined;
const blocks = new Map(DOCUMENTS.map((path) => [path, blocksOf(textOf(path))]));
/** examples-run.spec.ts runs them. */
const exampleLines = (await examples()).map(({ line }) => line);
const typedLines = STORY.flatMap((path) =>
  blocks
    .get(path)!
    .filter(isTyped)
    .flatMap(({ lines }) => lines),
);

describe('the commands of the documents', () => {
  let reader: Reader;
  let failed: string | undefined;
  beforeAll(async () => (reader = await Reader.create()));
  afterAll(() => reader?.destroy());

  describe.each(STORY)('in %s', (path) => {
    for (const block of blocks.get(path)!.filter(isTyped)) {
      const title = `work on ${block.host}: ${block.lines.join('; ')}`;
      const step = async () => {
        // Each goes on from the one before: what follows would only fail because of it.
        if (failed !== undefined) throw new Error(`not tried, since this failed: ${failed}`);
        failed = title;
        await reader.does(block);
        failed = undefined;
      };
      it(title, step);
    }
  });
});

describe.each(DOCUMENTS)('every line of sh in %s', (path) => {
  it('is run here, or is named with the place that runs it', () => {
    const lines = blocks.get(path)!.flatMap((block) => block.lines);
    const known = new Set([...typedLines, ...exampleLines, ...ELSEWHERE.map(({ line }) => line)]);
    expect(lines.filter((line) => !known.has(line))).toEqual([]);
  });
});

describe('what is run elsewhere', () => {
  it.each(ELSEWHERE)('$line is run by $file', ({ file, by }) => {
    expect(textOf(file)).toContain(by);
  });

  it('stands in the documents', () => {
    const lines = new Set([...blocks.values()].flat().flatMap((block) => block.lines));
    expect(ELSEWHERE.filter(({ line }) => !lines.has(line))).toEqual([]);
  });
});
