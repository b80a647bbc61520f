import { tunnelAddress, type PublicKey } from '#crypto';
import { generateKey } from '#crypto/generate';
import { parseClientName, type Client } from '#whitelist';
import { difference, WhitelistSnapshot } from './snapshot.js';

const [one, two] = [generateKey().publicKey, generateKey().publicKey] as const;
const client = (name: string, publicKey: PublicKey): Client => ({
  name: parseClientName(name),
  publicKey,
  tunnelAddress: tunnelAddress(publicKey),
  role: 'any',
});
const snapshot = (...clients: readonly Client[]) => new WhitelistSnapshot(clients, []);

describe('the difference between two snapshots', () => {
  const rotation = { name: parseClientName('worker-1'), from: one, to: two };
  const [before, after] = [client('worker-1', one), client('worker-1', two)];

  it('is a rotation alone where one is carried out', () => {
    expect(difference(snapshot(before), snapshot(after), rotation)).toEqual({
      admitted: [],
      revoked: [],
      renamed: [],
      changed: [],
      rotated: [{ before, client: after }],
    });
  });

  it('is somebody else, and no other name of the client, where a copy of the old key is in force after it', () => {
    const copy = client('copy', one);
    expect(difference(snapshot(before), snapshot(copy, after), rotation)).toMatchObject({
      admitted: [copy],
      renamed: [],
      revoked: [],
      rotated: [{ before, client: after }],
    });
  });
});
