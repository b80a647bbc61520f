import { Subject } from 'rxjs';
import type { EngineSettings } from '#config';
import { tunnelAddress } from '#crypto';
import { parseClientName, type Client } from '#whitelist';
import { newKey } from '../../../../libs/whitelist/testing/keys.js';
import type { EngineIdentity } from '../identity.js';
import type { StoreIdentity } from '../network/store-identity.js';
import { WhitelistSnapshot, type WhitelistChange } from '../whitelist/snapshot.js';
import type { WhitelistService } from '../whitelist/whitelist.service.js';
import { Actors } from './actors.js';
import type { AuditLog } from './audit-log.js';
import type { AuditEvent } from './events.js';
import { KnownClients } from './known-clients.js';
import { WhitelistTrail } from './whitelist-trail.js';

function client(name: string): Client {
  const publicKey = newKey();
  return { name: parseClientName(name), publicKey, tunnelAddress: tunnelAddress(publicKey), role: 'any' };
}

let recorded: AuditEvent[];
let actors: Actors;
let trail: WhitelistTrail;
const whitelist = {
  wasRead: true,
  openDoors: [] as string[],
  snapshot: WhitelistSnapshot.EMPTY,
  changes: new Subject<WhitelistChange>(),
};

/** The whitelist as it is from now on. */
function becomes(...clients: Client[]): void {
  whitelist.snapshot = new WhitelistSnapshot(clients, []);
  whitelist.changes.next({ admitted: [], revoked: [], renamed: [], changed: [], rotated: [] });
}

function rotates(before: Client, after: Client): void {
  whitelist.snapshot = new WhitelistSnapshot([after], []);
  const rotated = [{ before, client: after }];
  whitelist.changes.next({ admitted: [], revoked: [], renamed: [], changed: [], rotated });
}

beforeEach(() => {
  recorded = [];
  actors = new Actors();
  Object.assign(whitelist, { wasRead: true, openDoors: [], snapshot: WhitelistSnapshot.EMPTY });
  const audit: Pick<AuditLog, 'record'> = { record: (event) => void recorded.push(event) };
  trail = new WhitelistTrail(
    { version: '1', publicKey: newKey() } as EngineIdentity,
    { headerAuth: 'local', storeBackend: 'embedded' } as EngineSettings,
    audit as AuditLog,
    new KnownClients('/nowhere'),
    actors,
    whitelist as unknown as WhitelistService,
    { id: 'store' } as StoreIdentity,
  );
});
afterEach(() => trail.onModuleDestroy());

describe('what changes of the whitelist', () => {
  it('is put down to whoever is at work on that client, and else to its file', async () => {
    trail.onApplicationBootstrap();
    const [one, two] = [client('one'), client('two')];
    await actors.as('admin socket', 'one', () => Promise.resolve(becomes(one, two)));
    becomes(two);
    expect(recorded.slice(1).map(({ event, fields }) => [event, fields['name'], fields['by']])).toEqual([
      ['client.admitted', 'one', 'admin socket'],
      ['client.admitted', 'two', 'file'],
      ['client.revoked', 'one', 'file'],
    ]);
  });

  it('is also what a key is for', () => {
    const one = client('one');
    trail.onApplicationBootstrap();
    becomes(one);
    becomes({ ...one, role: 'cli' });
    expect(recorded.slice(1)).toMatchObject([
      { event: 'client.admitted', fields: { name: 'one', terms: 'role any' } },
      { event: 'client.changed', fields: { name: 'one', before: 'role any', terms: 'role cli', by: 'file' } },
    ]);
  });

  it('is one event when a key is rotated, and two when a file is given another key by hand', () => {
    const [before, rotated, replaced] = [client('one'), client('one'), client('one')];
    trail.onApplicationBootstrap();
    becomes(before);
    rotates(before, rotated);
    becomes(replaced);
    expect(recorded.slice(2)).toMatchObject([
      {
        event: 'key.rotated',
        fields: {
          ...{ name: 'one', from: before.publicKey.fingerprint, to: rotated.publicKey.fingerprint },
          public_key: rotated.publicKey.text,
        },
      },
      { event: 'client.revoked', fields: { fingerprint: rotated.publicKey.fingerprint } },
      { event: 'client.admitted', fields: { fingerprint: replaced.publicKey.fingerprint } },
    ]);
  });

  it('is nothing while nobody knows who is admitted, and then what has changed since the last start', () => {
    whitelist.wasRead = false;
    trail.onApplicationBootstrap();
    expect(recorded.map(({ event }) => event)).toEqual(['engine.started']);
    whitelist.wasRead = true;
    becomes(client('one'));
    becomes(client('two'));
    expect(recorded.slice(1).map(({ event, fields }) => [event, fields['while_stopped'] ?? false])).toEqual([
      ['client.admitted', true],
      ['client.revoked', false],
      ['client.admitted', false],
    ]);
  });
});
