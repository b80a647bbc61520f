import { listedClient } from './client-table.js';
import { unseen } from './unseen.js';

const DAY = 86_400_000;
const NOW = 100 * DAY;
const client = (name: string, lastSeenMs = 0) => listedClient({ name, state: 'admitted', lastSeenMs });
const clients = [client('now', NOW), client('last month', NOW - 31 * DAY), client('never')];
const names = (since: string, remembersSinceMs = 0) =>
  unseen({ clients, remembersSinceMs }, since, NOW).clients.map(({ name }) => name);

describe('clients that were not seen', () => {
  it('for so long, or never, are listed', () => {
    expect(names('30d')).toEqual(['last month', 'never']);
    expect(names('32d')).toEqual(['never']);
    expect(names('1970-04-11')).toEqual(['last month', 'never']);
  });

  it('come with a warning where it is not remembered for so long', () => {
    expect(unseen({ clients, remembersSinceMs: NOW - 40 * DAY }, '30d', NOW).warning).toBeUndefined();
    expect(unseen({ clients, remembersSinceMs: NOW - 2 * DAY }, '30d', NOW).warning).toBe(
      'the engine remembers who was seen since 1970-04-09 00:00 (UTC) only: "never" means since then',
    );
    expect(
      unseen({ clients: clients.slice(0, 1), remembersSinceMs: NOW }, '30d', NOW).warning,
    ).toBeUndefined();
  });

  it('for no time that is one are a wrong use', () => {
    expect(() => names('soon')).toThrow('--unseen must be a duration or a moment in UTC');
  });
});
