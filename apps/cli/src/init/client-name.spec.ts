import fc from 'fast-check';
import { parseClientName } from '#whitelist';
import { clientName } from './client-name.js';

describe('the name proposed for the whitelist', () => {
  it.each([
    ['agent', 'worker-1', 'worker-1'],
    ['cli', 'worker-1', 'worker-1-cli'],
    ['agent', 'node.example.org', 'node.example.org'],
    ['agent', '..büro 7;rm -rf /', 'b-ro-7-rm--rf'],
    ['cli', '', 'cli-1'],
    ['agent', '---', 'agent-1'],
  ] as const)('of %s on %j is %s', (role, host, name) => expect(clientName(role, host)).toBe(name));

  it('is always one that the whitelist takes', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('agent', 'cli'),
        fc.string({ maxLength: 300, unit: 'grapheme' }),
        (role, host) => {
          const name = clientName(role, host);
          expect(parseClientName(name)).toBe(name);
        },
      ),
    );
  });
});
