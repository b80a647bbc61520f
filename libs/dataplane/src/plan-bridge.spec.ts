import type { Link } from './host-network.js';
import { planBridge, rememberBridge } from './plan-bridge.js';
import { VPC } from './testing/sample.js';

const desired = { subnet: VPC.part(1, 24), mtu: 1420 };
const whole: Link = {
  index: 7,
  name: 'banyan0',
  kind: 'bridge',
  mtu: 1420,
  up: true,
  addresses: ['10.201.1.1/24'],
};
const port: Link = {
  index: 9,
  name: 'veth9',
  kind: 'veth',
  mtu: 1420,
  up: true,
  addresses: [],
  master: 'banyan0',
};

function lines(links: readonly Link[], memory?: ReturnType<typeof rememberBridge>): string[] {
  return planBridge(desired, links, memory).map(({ line }) => line);
}

describe('the bridge', () => {
  it('is made with a hardware address of its own, its gateway and its MTU', () => {
    expect(lines([])).toEqual([
      'link add name banyan0 address 02:62:0a:c9:01:01 type bridge',
      'link set dev banyan0 mtu 1420',
      'address replace 10.201.1.1/24 dev banyan0',
      'link set dev banyan0 up',
    ]);
  });

  it('needs nothing when it is as it should be', () => {
    expect(lines([whole, port])).toEqual([]);
  });

  it('is adopted as it is found, without addresses of others', () => {
    const found = { ...whole, mtu: 1500, up: false, addresses: ['10.201.9.1/24'] };
    expect(lines([found, port])).toEqual([
      'link set dev banyan0 mtu 1420',
      'address replace 10.201.1.1/24 dev banyan0',
      'address delete 10.201.9.1/24 dev banyan0',
      'link set dev banyan0 up',
    ]);
  });

  it('gets back who was on it when it was deleted, and nobody else', () => {
    const { master: _, ...alone } = port;
    const memory = rememberBridge([whole, port, { ...port, index: 11, name: 'veth11' }]);
    const reused = { ...alone, index: 12, name: 'veth11' };
    const elsewhere = { ...alone, index: 13, master: 'docker0' };
    const attached = (links: Link[]) => lines(links, memory).filter((line) => line.includes('master'));
    expect(attached([alone, reused, elsewhere])).toEqual(['link set dev veth9 master banyan0']);
    expect(attached([{ ...whole, index: 20 }, alone])).toEqual(['link set dev veth9 master banyan0']);
    // Taken off by somebody, from a bridge that was there all the time.
    expect(attached([whole, alone])).toEqual([]);
  });

  it('is refused when its name is that of something else', () => {
    expect(() => lines([{ ...whole, kind: 'dummy' }])).toThrow(
      'banyan0 is taken: it is an interface of kind dummy',
    );
  });
});
