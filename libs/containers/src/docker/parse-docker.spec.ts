import fc from 'fast-check';
import { Subnet } from '#network';
import { parseContainerNames, parseEndpoints, parseMajor, parseNetworks } from './parse-docker.js';

const ID = 'c'.repeat(64);

describe('what Docker says', () => {
  it.each([
    ['20.10.24+dfsg1', 20],
    ['28.0.1', 28],
    ['dev', undefined],
    ['', undefined],
    [7, undefined],
  ])('of its version %j gives %s', (Version, major) => {
    expect(parseMajor({ Version })).toBe(major);
  });

  it('of a network gives what it is made of, and leaves IPv6 out', () => {
    const Config = [
      { Subnet: '10.201.3.0/24', IPRange: '10.201.3.128/25', Gateway: '10.201.3.1' },
      { Subnet: 'fd00::/64', Gateway: 'fd00::1' },
    ];
    const answer = [
      { Id: ID, Name: 'n', Driver: 'bridge', Labels: { a: 'b' }, Options: null, IPAM: { Config } },
    ];
    expect(parseNetworks(answer)).toEqual([
      {
        id: ID,
        name: 'n',
        driver: 'bridge',
        labels: { a: 'b' },
        options: {},
        pools: [
          {
            subnet: Subnet.parse('10.201.3.0/24'),
            range: Subnet.parse('10.201.3.128/25'),
            gateway: '10.201.3.1',
          },
        ],
      },
    ]);
  });

  it('of containers gives a name that may be shown', () => {
    expect(parseContainerNames([{ Names: ['/web'] }, { Names: ['/\u001b[2J'], Id: ID }, {}])).toEqual([
      'web',
      'cccccccccccc',
      'one without a name',
    ]);
    const Containers = { [ID]: { Name: 'web', IPv4Address: '10.201.3.128/24' }, x: { Name: 'none' } };
    expect(parseEndpoints({ Containers })).toEqual([{ name: 'web', address: '10.201.3.128' }]);
  });

  it('may be anything', () => {
    fc.assert(
      fc.property(fc.anything(), (answer) => {
        for (const parse of [parseMajor, parseNetworks, parseContainerNames, parseEndpoints]) parse(answer);
      }),
    );
  });
});
