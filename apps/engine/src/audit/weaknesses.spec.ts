import type { EngineSettings } from '#config';
import { changedWeaknesses, weaknesses } from './weaknesses.js';

const SOUND = {
  headerAuth: 'local',
  storeBackend: 'embedded',
  storeAddresses: [],
  storeAccess: {},
} as const;

function found(changes: Partial<EngineSettings>, doors: readonly string[] = []): string[] {
  return weaknesses({ ...SOUND, ...changes }, doors).map(({ setting }) => setting);
}

describe('settings that weaken security', () => {
  it('are none of the defaults', () => {
    expect(found({})).toEqual([]);
    expect(found({ headerAuth: 'never' })).toEqual([]);
  });

  it('are a header that anybody may send', () => {
    expect(found({ headerAuth: 'anywhere' })).toEqual(['header_auth']);
  });

  it.each([
    ['http://127.0.0.1:2379', false],
    ['http://127.9.9.9:2379', false],
    ['http://localhost:2379', false],
    ['http://[::1]:2379', false],
    ['https://10.0.0.5:2379', false],
    ['http://10.0.0.5:2379', true],
    ['http://127.0.0.1.example.org:2379', true],
    ['http://[fe80::1]:2379', true],
  ])('are a store in clear on a network: %s', (address, isWeak) => {
    const storeAddresses = ['https://10.0.0.4:2379', address];
    expect(found({ storeBackend: 'etcd', storeAddresses })).toEqual(isWeak ? ['store_address'] : []);
    expect(found({ storeBackend: 'embedded', storeAddresses })).toEqual([]);
  });

  it('are a password of that store all the more, and that is said', () => {
    const storeAddresses = ['http://10.0.0.5:2379'];
    const why = (storeAccess: EngineSettings['storeAccess']) =>
      weaknesses({ ...SOUND, storeBackend: 'etcd', storeAddresses, storeAccess }, [])[0]!.why;
    const access = { username: 'banyan', passwordFile: '/etc/banyan/password' };
    expect(why(access)).toMatch(
      /who is on the way can read and change it, and learn the password of banyan$/,
    );
    expect(why({})).toMatch(/who is on the way can read and change it$/);
  });

  it('are a keys directory that others can write to, which comes and goes', () => {
    const [before, now] = [weaknesses(SOUND, ['a']), weaknesses(SOUND, ['b'])];
    expect(changedWeaknesses(before, now)).toEqual({
      come: [{ setting: 'whitelisted_keys_dir', why: 'b' }],
      gone: [{ setting: 'whitelisted_keys_dir', why: 'a' }],
    });
    expect(changedWeaknesses(now, now)).toEqual({ come: [], gone: [] });
  });
});
