import { generateKey } from '#crypto/generate';
import { parseClientName, type ClientRole } from '#whitelist';
import type { RoleAccess } from './access.js';
import { denialOf } from './permit.js';

const { publicKey } = generateKey();
const name = parseClientName('worker-1');

describe('a key', () => {
  it.each<[ClientRole, RoleAccess, boolean]>([
    ['agent', 'agent', true],
    ['agent', 'cli', false],
    ['cli', 'agent', false],
    ['cli', 'cli', true],
    ['any', 'agent', true],
    ['any', 'cli', true],
  ])('with the role %s may make the calls of %s: %s', (role, needed, allowed) => {
    expect(denialOf({ name, role, publicKey }, needed) === undefined).toBe(allowed);
  });

  it('that may not is told its role, the file that says so, and the line that changes it', () => {
    expect(denialOf({ name, role: 'cli', publicKey }, 'agent')).toMatchObject({
      kind: 'forbidden',
      message: 'worker-1 has the role cli, as worker-1.pub says, and this is for an agent',
      remedy: expect.stringContaining(
        `banyan-engine add-client --name worker-1 --pubkey '${publicKey.text}' --role any --replace`,
      ) as string,
    });
  });
});
