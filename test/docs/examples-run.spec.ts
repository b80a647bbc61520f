import { examples, runExample, setUp, strayCircumstances } from './examples.js';
import { Reader } from './reader.js';

const allExamples = await examples();

/** They are those of docs/commands.md, of `--help` and of the manual pages. */
describe('the examples of the commands', () => {
  let reader: Reader;
  beforeAll(async () => {
    reader = await Reader.create({ docker: false });
    await setUp(reader);
  }, 120_000);
  afterAll(() => reader?.destroy(), 60_000);

  it.each(allExamples)('work on $host: $line', (example) => runExample(reader, example), 180_000);

  it('are in no other circumstances than they need', async () => {
    expect(await strayCircumstances()).toEqual([]);
  });
});
