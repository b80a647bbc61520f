import { ANSWERS, describedAnswers, examples, runExample, setUp, strayCircumstances } from './examples.js';
import { until } from '../lab/index.js';
import { LOOKS, Reader } from './reader.js';

const allExamples = await examples();
const answers = await describedAnswers();
const commandOf = (line: string) => line.split(' ', 2).join(' ');

/** What all of them have, sorted. */
function sharedKeys(objects: readonly object[]): string[] {
  return Object.keys(objects[0]!)
    .filter((key) => objects.every((one) => key in one))
    .sort();
}

/** They are those of docs/commands.md, of `--help` and of the manual pages. */
describe('the examples of the commands', () => {
  let reader: Reader;
  beforeAll(async () => {
    reader = await Reader.create({ docker: false });
    await setUp(reader);
  });
  afterAll(() => reader?.destroy());

  it.each(allExamples)('work on $host: $line', (example) => runExample(reader, example));

  describe('answer with --json what docs/commands.md says', () => {
    const asked = ANSWERS.filter(([, line]) => / --json$/.test(line)).map(([, line]) => commandOf(line));

    it('all of them', async () => {
      // No container runs here, and there is nothing to change on a host that is left alone.
      expect([...asked, 'banyan-agent containers'].sort()).toEqual(
        expect.arrayContaining([...(await describedAnswers()).keys()].sort()),
      );
    });

    it.each(ANSWERS.map((each) => [...each]))('on %s: %s', async (host, line) => {
      const type = () => reader.types(reader.host(host), line);
      // After a new key of the engine, say, an agent is connected again in a moment.
      const said = LOOKS.test(line) ? await until(type) : await type();
      if (!/ --json$/.test(line)) return;
      const [, kind, fields] = /an (object|array): ([^;]*)/.exec(answers.get(commandOf(line))!) ?? [];
      const isLines = / one a line/.test(answers.get(commandOf(line))!);
      const values = (isLines ? said.trim().split('\n') : [said]).map((text) => JSON.parse(text) as object);
      expect(values.map((value) => (Array.isArray(value) ? 'array' : 'object'))).toEqual(
        values.map(() => kind),
      );
      const objects = values.map((value) =>
        Array.isArray(value) ? (value[0] as object | undefined) : value,
      );
      if (objects[0] !== undefined)
        expect(sharedKeys(objects as object[])).toEqual(fields!.split(', ').sort());
    });
  });

  it('are in no other circumstances than they need', async () => {
    expect(await strayCircumstances()).toEqual([]);
  });
});
