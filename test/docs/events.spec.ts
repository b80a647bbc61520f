import { EVENTS, kindOf, type EventName } from '#log';
import { rowsOf, spans, textOf } from './documents.js';

const rows = rowsOf(textOf('docs/events.md'), 'Event');

describe('docs/events.md', () => {
  it('has a row for every event of the log, as the catalogue has it, and for no other', () => {
    const known = (Object.keys(EVENTS) as EventName[]).map((event) => {
      const { level, isNotable, means } = kindOf(event);
      return [`\`${event}\``, level, isNotable ? 'yes' : '', means];
    });
    expect(rows).toEqual(known);
  });

  it('has the names of the audit log for the events that are in both', () => {
    const audited = rowsOf(textOf('docs/operations.md'), 'Event').flatMap(([cell]) => spans(cell!));
    const both = audited.filter((name) => name in EVENTS);
    expect(both).toEqual(
      expect.arrayContaining([
        'client.admitted',
        'client.revoked',
        'client.revocation_receipt',
        'key.rotated',
      ]),
    );
    // Of the audit log alone: what is no event of a running engine.
    expect(audited.filter((name) => !(name in EVENTS)).sort()).toEqual(['log.continued', 'store.restored']);
  });
});
