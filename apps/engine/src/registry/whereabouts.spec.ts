import type { Path } from '#channel';
import { Subnet } from '#network';
import { whereabouts } from './whereabouts.js';

const vpc = Subnet.parse('10.201.0.0/16');
const at = (hostIp: string, path: Path, address: string | undefined, wgPort = 0) =>
  whereabouts({ hostIp, wgPort }, { path, address }, vpc);

describe('where an agent is', () => {
  it('is where the engine sees it, at the port it reports', () => {
    expect(at('', 'direct', '192.0.2.7', 4711)).toEqual({
      where: { host: '192.0.2.7', atEngine: false, port: 4711 },
    });
    expect(at('', 'tunnel', '2001:db8::7').where).toEqual({
      host: '2001:db8::7',
      atEngine: false,
      port: 51820,
    });
  });

  it('is what its operator set, wherever it is seen', () => {
    expect(at('198.51.100.1', 'loopback', '127.0.0.1').where?.host).toBe('198.51.100.1');
  });

  it('is beside the engine when it calls by loopback', () => {
    expect(at('', 'loopback', '127.0.0.1').where).toEqual({ host: '', atEngine: true, port: 51820 });
  });

  it('is not known when nothing usable is seen', () => {
    expect(at('', 'tunnel', undefined).where).toBeUndefined();
    expect(at('', 'tunnel', '10.200.3.4').where).toBeUndefined();
  });

  it.each([
    'worker-1',
    '0.0.0.0',
    '127.0.0.1',
    '169.254.1.1',
    '224.0.0.1',
    '255.255.255.255',
    '10.200.0.1',
    '10.201.4.1',
    '::',
    '::1',
    'fe80::1%eth0',
    'ff02::1',
    '1.2.3.4:80',
  ])('is not %s, whatever the agent reports', (hostIp) => {
    expect(at(hostIp, 'direct', '192.0.2.7')).toEqual({
      where: { host: '192.0.2.7', atEngine: false, port: 51820 },
      ignored: hostIp,
    });
  });
});
