import { describedFields } from './described-fields.js';
import { ROLES } from './fields.js';
import { fieldsOf } from './section.js';

describe('what documents tell of the fields', () => {
  const fields = describedFields();

  it('is of every field that is checked, in every section, once', () => {
    const told = fields.flatMap(({ name, roles }) => roles.map((role) => `${role}.${name}`));
    const checked = ROLES.flatMap((role) => fieldsOf(role).map((name) => `${role}.${name}`));
    expect(told.sort()).toEqual(checked.sort());
  });

  it('says what each means and accepts, in words that a sentence can go on after', () => {
    for (const field of fields) {
      expect(field.means).toMatch(/[^.]$/);
      expect(field.expected).not.toBe('');
      expect(field.change ?? 'A sentence.').toMatch(/^[A-Z`].*\.$/s);
    }
  });

  it('gives defaults as they would stand in the file', () => {
    const standards = Object.fromEntries(fields.map(({ name, standard }) => [name, standard]));
    expect(standards).toMatchObject({ grpc_port: '50051', header_auth: 'local', host_access: 'false' });
    expect(standards['engine_host']).toBeUndefined();
    expect(fields.filter(({ name }) => name === 'metrics_listen').map(({ standard }) => standard)).toEqual([
      '127.0.0.1:9750',
      '127.0.0.1:9751',
    ]);
  });
});
