import { parseIpAddress } from './ip-address.js';
import { parseIpRoute } from './ip-route.js';

/** As iproute2 6.1 prints it for an interface of wireguard-go, shortened. */
const TUN = `[{"ifindex":3,"ifname":"wg0","flags":["POINTOPOINT","MULTICAST","NOARP","UP","LOWER_UP"],"mtu":1420,
  "operstate":"UNKNOWN","link_type":"none","linkinfo":{"info_kind":"tun","info_data":{"type":"tun","pi":true}},
  "addr_info":[{"family":"inet","local":"10.200.0.1","prefixlen":32,"scope":"global","label":"wg0"},
  {"family":"inet6","local":"fd00::1","prefixlen":64,"scope":"global"},
  {"family":"inet6","local":"fe80::6188:bf82:bbc1:d475","prefixlen":64,"scope":"link","stable-privacy":true}]}]`;
const ROUTES = `[{"dst":"10.200.1.1","protocol":"201","scope":"link","prefsrc":"10.200.0.1","flags":[]},
  {"dst":"10.201.0.0/24","scope":"link","flags":[]},{"dst":"default","scope":"link","flags":[]},
  {"dst":"10.77.0.0/24","protocol":"kernel","scope":"link","prefsrc":"10.77.0.1","flags":[]},{}]`;

describe('what `ip -json -details address show` prints', () => {
  it('is a link with its addresses, without what the kernel gives a TUN device by itself', () => {
    expect(parseIpAddress(TUN)).toEqual({
      name: 'wg0',
      kind: 'tun',
      mtu: 1420,
      up: true,
      addresses: ['10.200.0.1/32', 'fd00::1/64'],
    });
  });

  it('names the kind of a device that has no driver of its own by its link type', () => {
    const link = '[{"ifname":"eth0","flags":["BROADCAST"],"mtu":1500,"link_type":"ether","addr_info":[]}]';
    expect(parseIpAddress(link)).toMatchObject({ kind: 'ether', up: false });
  });

  it.each(['', '[]', '{}', 'Device', '[{"ifname":"a"}]', `[${TUN.slice(1, -1)},${TUN.slice(1, -1)}]`])(
    'is refused when it is %j',
    (output) => {
      expect(() => parseIpAddress(output)).toThrow('cannot be understood');
    },
  );
});

describe('what `ip -json route show` prints', () => {
  it('is the routes somebody set, each destination with its length', () => {
    expect(parseIpRoute(ROUTES, 'inet')).toEqual([
      { destination: '10.200.1.1/32', source: '10.200.0.1' },
      { destination: '10.201.0.0/24' },
      { destination: '0.0.0.0/0' },
    ]);
  });

  it('has a default route of the family that was asked for', () => {
    expect(parseIpRoute('[{"dst":"default"},{"dst":"fd00::2"}]', 'inet6')).toEqual([
      { destination: '::/0' },
      { destination: 'fd00::2/128' },
    ]);
  });

  it('may be nothing', () => {
    expect(parseIpRoute('', 'inet')).toEqual([]);
  });

  it.each(['[{"dst":7}]', '[{"dst":"10.0.0.0/8","prefsrc":7}]', '[{"dst":"x\\ny"}]', 'no'])(
    'is refused when it is %j',
    (output) => {
      expect(() => parseIpRoute(output, 'inet')).toThrow();
    },
  );
});
