import type { Connection } from '#channel';
import { tunnelAddress, type PublicKey } from '#crypto';
import { generateKey } from '#crypto/generate';
import { BanyanError } from '#errors';
import { parseClientName, type Client } from '#whitelist';
import { decide, type HeaderAuth, type Policy } from './decide.js';

const ENGINE_UID = 998;
const worker = listed('worker-1');
const stranger = generateKey().publicKey;

function listed(name: string): Client {
  const { publicKey } = generateKey();
  return { name: parseClientName(name), publicKey, tunnelAddress: tunnelAddress(publicKey), role: 'any' };
}

function policy(headerAuth: HeaderAuth = 'local', more: Partial<Policy> = {}): Policy {
  return {
    headerAuth,
    engineUid: ENGINE_UID,
    tunnelGuarded: true,
    whitelistRead: true,
    find: (text) => (text === worker.publicKey.text ? worker : undefined),
    expired: () => undefined,
    ...more,
  };
}

const direct: Connection = { path: 'direct', remoteAddress: '192.0.2.7', remotePort: 40_000 };
const tunnel: Connection = { path: 'tunnel', remoteAddress: worker.tunnelAddress, remotePort: 40_000 };
const loopback = (callerUid?: number): Connection => ({
  path: 'loopback',
  remoteAddress: '127.0.0.1',
  remotePort: 40_000,
  ...(callerUid === undefined ? {} : { callerUid }),
});
const proving = (connection: Connection, provenKey: PublicKey): Connection => ({ ...connection, provenKey });

function answer(connection: Connection, header: readonly (string | Buffer)[], rules = policy()): string {
  try {
    return decide({ connection, header }, rules).name;
  } catch (error) {
    if (!(error instanceof BanyanError) || error.kind !== 'unauthenticated') throw error;
    return error.message;
  }
}

describe('decide', () => {
  it.each<[string, Connection]>([
    ['direct TCP', direct],
    ['the tunnel', tunnel],
    ['loopback', loopback(1000)],
  ])('admits a proven, listed key by %s under its whitelist name, whatever the policy', (_, connection) => {
    const proven = proving(connection, worker.publicKey);
    for (const headerAuth of ['local', 'anywhere', 'never'] as const) {
      expect(answer(proven, [worker.publicKey.text], policy(headerAuth))).toBe('worker-1');
    }
  });

  it('answers a proven stranger with the line that would admit it', () => {
    try {
      decide({ connection: proving(direct, stranger), header: [stranger.text] }, policy());
      throw new Error('admitted');
    } catch (error) {
      expect(error).toMatchObject({ kind: 'unauthenticated' });
      expect((error as BanyanError).remedy).toContain(`add-client --name NAME --pubkey '${stranger.text}'`);
    }
  });

  it.each(['agent', 'cli'] as const)('names the role in that line where the call tells it: %s', (role) => {
    const remedy = `On the engine: sudo banyan-engine add-client --name NAME --pubkey '${stranger.text}' --role ${role}`;
    const evidence = { connection: proving(direct, stranger), header: [stranger.text], role };
    expect(() => decide(evidence, policy())).toThrow(expect.objectContaining({ remedy }) as Error);
  });

  it('tells a key that has expired so, and how it is renewed under its name', () => {
    const expired = (text: string) => (text === stranger.text ? { name: 'worker-9' } : undefined);
    const evidence = { connection: proving(direct, stranger), header: [stranger.text] };
    expect(() => decide(evidence, policy('local', { expired }))).toThrow(
      expect.objectContaining({
        kind: 'unauthenticated',
        message: `the key ${stranger.fingerprint} of worker-9 has expired`,
        remedy: expect.stringContaining(
          `--name worker-9 --pubkey '${stranger.text}' --replace --expires DATE`,
        ) as string,
      }) as Error,
    );
  });

  it('refuses a caller who proved one key and names another, listed one', () => {
    expect(answer(proving(direct, stranger), [worker.publicKey.text])).toMatch('another key than the one');
  });

  it.each<[string, (string | Buffer)[]]>([
    ['none', []],
    ['two', [worker.publicKey.text, worker.publicKey.text]],
    ['binary', [Buffer.from(worker.publicKey.bytes)]],
  ])('refuses %s header values', (_, header) => {
    expect(answer(proving(direct, worker.publicKey), header)).toMatch('exactly one');
  });

  it.each([
    ['joined by a comma', `${worker.publicKey.text}, ${worker.publicKey.text}`],
    ['with a space', ` ${worker.publicKey.text}`],
    ['not a key', 'worker-1'],
  ])('refuses a header that is %s, on a plain connection too', (_, header) => {
    expect(answer(proving(direct, worker.publicKey), [header])).toMatch('another key');
    expect(() => decide({ connection: loopback(0), header: [header] }, policy())).toThrow(
      'x-banyan-public-key is not',
    );
  });
});

describe('decide on a plain connection', () => {
  const named = [worker.publicKey.text];
  const REFUSED = expect.stringMatching('does not prove it') as string;

  it.each<[HeaderAuth, string, Connection, string]>([
    ['local', 'root on loopback', loopback(0), 'worker-1'],
    ['local', "the engine's user on loopback", loopback(ENGINE_UID), 'worker-1'],
    ['local', 'another user on loopback', loopback(1000), REFUSED],
    ['local', 'an unknown user on loopback', loopback(), REFUSED],
    ['local', 'its own tunnel address', tunnel, 'worker-1'],
    ['local', 'direct TCP', direct, REFUSED],
    ['never', 'root on loopback', loopback(0), REFUSED],
    ['never', 'its own tunnel address', tunnel, REFUSED],
    ['never', 'direct TCP', direct, REFUSED],
    ['anywhere', 'direct TCP', direct, 'worker-1'],
    ['anywhere', 'another user on loopback', loopback(1000), 'worker-1'],
    ['anywhere', 'its own tunnel address', tunnel, 'worker-1'],
  ])('under "%s", from %s', (headerAuth, _, connection, expected) => {
    expect(answer(connection, named, policy(headerAuth))).toEqual(expected);
  });

  it("refuses a listed key from another component's tunnel address", () => {
    const elsewhere = { ...tunnel, remoteAddress: '10.200.9.9' };
    for (const headerAuth of ['local', 'anywhere'] as const) {
      expect(answer(elsewhere, named, policy(headerAuth))).toMatch('does not own the tunnel address');
    }
  });

  it('refuses the tunnel while its firewall rules are not in place', () => {
    expect(answer(tunnel, named, policy('local', { tunnelGuarded: false }))).toEqual(REFUSED);
  });

  it('is refused without a look at the whitelist, so it cannot be used to find out who is on it', () => {
    const find = (): never => {
      throw new Error('the whitelist was asked');
    };
    expect(answer(direct, named, policy('local', { find }))).toEqual(REFUSED);
    expect(answer(direct, [stranger.text], policy('local', { find }))).toEqual(REFUSED);
  });
});
