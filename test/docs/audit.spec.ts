import { rowsOf, spans, textOf } from './documents.js';

describe('the events of the audit log', () => {
  it('are each in docs/operations.md, under the names that people search for', () => {
    const source = textOf('apps/engine/src/audit/events.ts');
    const names = [...source.matchAll(/event\(\s*'([a-z_.]+)'/g)].map(([, name]) => name!);
    const documented = rowsOf(textOf('docs/operations.md'), 'Event').flatMap(([cell]) => spans(cell!));
    expect(names.length).toBeGreaterThan(15);
    expect(documented.sort()).toEqual(names.sort());
  });
});
