import { load } from 'js-yaml';
import fc from 'fast-check';
import { editSection } from './edit.js';

const PATH = '/etc/banyan/banyan.yaml';
const edit = (text: string, changes: Record<string, string | string[] | undefined>) =>
  editSection(text, 'agent', changes, PATH);

describe('changing fields of one section', () => {
  it('writes a new file as the specification shows it: double quotes, two spaces, the given order', () => {
    const { text } = edit('', { engine_host: '192.168.1.10', engine_port: '50051' });
    expect(text).toBe('agent:\n  engine_host: "192.168.1.10"\n  engine_port: "50051"\n');
  });

  it('keeps comments, order, other sections and unknown keys', () => {
    const before = [
      '# our servers',
      'engine:',
      '  grpc_port: 6000 # not the default',
      '',
      'agent:',
      '    # where it is',
      '    engine_host: old.example   # moved in May',
      '    color: "blue"',
      '    former_public_keys:',
      '      - "a"',
      '      - "b"',
      '',
      '# the operator',
      'cli:',
      '  engine_host: "x"',
      '',
    ].join('\n');
    const { text, commentsKept } = edit(before, {
      engine_host: 'new.example',
      former_public_keys: ['c'],
      engine_port: '50051',
    });
    expect(commentsKept).toBe(true);
    expect(text).toBe(
      before
        .replace('old.example', '"new.example"')
        .replace('      - "a"\n      - "b"\n', '      - "c"\n    engine_port: "50051"\n'),
    );
  });

  it('removes a field with all its lines', () => {
    expect(edit('agent:\n  a: |\n    x\n    y\n  b: "1"\n', { a: undefined }).text).toBe(
      'agent:\n  b: "1"\n',
    );
  });

  it('keeps CRLF line ends', () => {
    expect(edit('agent:\r\n  a: "1"\r\n', { a: '2' }).text).toBe('agent:\r\n  a: "2"\r\n');
  });

  it('writes anew what it cannot edit, and says that comments are lost', () => {
    const { text, commentsKept } = edit('# c\nagent: { a: "1", b: [x] }\ncli: {}\n', { a: '2' });
    expect(load(text)).toEqual({ agent: { a: '2', b: ['x'] }, cli: {} });
    expect(commentsKept).toBe(false);
  });

  it('is not misled by a field of the same name in a nested mapping or a block of text', () => {
    const { text } = edit('agent:\n  deep:\n    a: "1"\n  note: |\n    a: 1\n  a: "2"\n', { a: '3' });
    expect(load(text)).toEqual({ agent: { deep: { a: '1' }, note: 'a: 1\n', a: '3' } });
  });

  it('says exactly what was meant, whatever the file and the values', () => {
    const name = fc.constantFrom('engine_host', 'engine_port', 'x', 'note', 'zzz');
    const value = fc.oneof(
      fc.string(),
      fc.constantFrom('a # b', "it's", '"', 'null', '- x', 'k: v', '\u2028'),
    );
    const section = fc.dictionary(name, value);
    const comment = fc.constantFrom('', '# a\n', '\n\n', '# é "quoted: x"\n');
    fc.assert(
      fc.property(
        section,
        section,
        fc.dictionary(name, fc.option(value, { nil: undefined })),
        comment,
        (own, other, changes, note) => {
          const lines = (fields: Record<string, string>): string =>
            Object.entries(fields)
              .map(([field, text]) => `  ${field}: ${JSON.stringify(text)} # c\n`)
              .join('');
          const before = `${note}cli:\n${lines(other)}${note}agent:\n${lines(own)}${note}`;
          const wanted: Record<string, string | undefined> = { ...own, ...changes };
          for (const field of Object.keys(wanted)) if (wanted[field] === undefined) delete wanted[field];
          const after = load(edit(before, changes).text) as Record<string, unknown>;
          expect(after['agent'] ?? {}).toEqual(wanted);
          expect(after['cli'] ?? {}).toEqual(other);
        },
      ),
    );
  });
});
