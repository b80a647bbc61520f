import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EngineSettings } from '#config';
import type { PrivateKey } from '#crypto';
import { generateKey } from '#crypto/generate';
import { EngineKeys } from '../keys/engine-keys.js';
import { PreviousKeyFile } from '../keys/previous-key-file.js';
import type { AuditLog } from './audit-log.js';
import type { AuditEvent } from './events.js';
import { KeyTrail } from './key-trail.js';
import { KnownClients } from './known-clients.js';

const [first, second, third] = [generateKey(), generateKey(), generateKey()];
const [one, two, three] = [first, second, third].map(({ publicKey }) => publicKey.fingerprint);

let stateDir: string;
let recorded: AuditEvent[];
let isWritten: boolean;
let keys: EngineKeys;
let known: KnownClients;
let trail: KeyTrail;

beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'banyan-keys-'));
  isWritten = true;
});
afterEach(() => rmSync(stateDir, { recursive: true }));

/** An engine that starts with this key. */
async function start(privateKey: PrivateKey): Promise<void> {
  recorded = [];
  const audit: Pick<AuditLog, 'record' | 'written'> = {
    record: (event) => void recorded.push(event),
    written: () => Promise.resolve(isWritten),
  };
  keys = await EngineKeys.open({ privateKey, formerPublicKeys: [], stateDir } as unknown as EngineSettings);
  known = new KnownClients(stateDir);
  await known.read();
  trail = new KeyTrail(keys, audit as AuditLog, known);
  trail.onApplicationBootstrap();
  await putDown();
}

/** What is remembered is on the disk. */
async function putDown(): Promise<void> {
  await new Promise((turn) => setImmediate(turn));
  if (isWritten) await known.save();
}

const said = () => recorded.map(({ event, fields }) => [event, fields]);
const teach = (before: PrivateKey, after: PrivateKey) =>
  new PreviousKeyFile(stateDir).write({
    privateKey: before,
    successor: after.publicKey,
    learned: new Set(),
  });

describe("the engine's key in the audit log", () => {
  it('is no news at the first start, nor at one with the same key', async () => {
    await start(first);
    await start(first);
    expect(said()).toEqual([]);
  });

  it('that was renewed while no engine ran is found at the start, once, and whether clients learn it', async () => {
    await start(first);
    await teach(first, second);
    await start(second);
    const rotated = { from: one, to: two, public_key: second.publicKey.text, taught: true };
    expect(said()).toEqual([['engine.key_rotated', { ...rotated, by: 'command', while_stopped: true }]]);
    await start(second);
    expect(said()).toEqual([]);
  });

  it('before it that was forgotten while no engine ran is found at the start', async () => {
    await start(first);
    await teach(first, second);
    await start(second);
    await new PreviousKeyFile(stateDir).remove();
    await start(second);
    expect(said()).toEqual([['engine.key_destroyed', { fingerprint: one, while_stopped: true }]]);
  });

  it('that was compromised during a rotation has both of its keys gone', async () => {
    await start(first);
    await teach(first, second);
    await start(second);
    await new PreviousKeyFile(stateDir).remove();
    await start(third);
    expect(said()).toMatchObject([
      ['engine.key_rotated', { from: two, to: three, taught: false, while_stopped: true }],
      ['engine.key_destroyed', { fingerprint: one, while_stopped: true }],
    ]);
  });

  it('that the running engine renewed is no news at its next start', async () => {
    await start(first);
    await teach(first, second);
    await keys.take(second);
    trail.rotated(first.publicKey);
    await keys.forget();
    trail.destroyed(first.publicKey, ['ben']);
    expect(said()).toMatchObject([
      ['engine.key_rotated', { from: one, to: two, taught: true, by: 'admin socket' }],
      ['engine.key_destroyed', { fingerprint: one, not_learned: ['ben'] }],
    ]);
    expect(said().flatMap(([, fields]) => Object.keys(fields as object))).not.toContain('while_stopped');
    await putDown();
    await start(second);
    expect(said()).toEqual([]);
  });

  it('is news again at the next start where it could not be put down', async () => {
    await start(first);
    isWritten = false;
    await start(second);
    isWritten = true;
    await start(second);
    expect(said()).toMatchObject([['engine.key_rotated', { from: one, to: two }]]);
  });

  it.each(['{"engine":3}', '{"engine":["x"]}', '{"engine":[null,null]}'])(
    'is not known from %j',
    async (content) => {
      writeFileSync(join(stateDir, 'clients.json'), content);
      await start(second);
      expect(said()).toEqual([]);
    },
  );
});
