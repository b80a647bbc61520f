import { clientMtu, engineMtu } from './mtu.js';

const link = (name: string, mtu: number) => ({ name, mtu, addresses: [] });
const through = (...links: ReturnType<typeof link>[]) => ({
  links,
  routes: links.map(({ name }) => ({ destination: '0.0.0.0/0', device: name })),
});

describe('the MTU of a client', () => {
  it.each([
    [1500, 1420],
    [1480, 1400],
    [9001, 1420],
    [1300, 1280],
  ])('by an interface of %d bytes is %d', (mtu, expected) => {
    expect(clientMtu({ device: 'eth0' }, through(link('eth0', mtu)))).toBe(expected);
  });

  it('follows the route where that is narrower than its interface', () => {
    expect(clientMtu({ device: 'eth0', mtu: 1400 }, through(link('eth0', 1500)))).toBe(1320);
  });

  it('is the default without a route', () => {
    expect(clientMtu(undefined, through(link('eth0', 1300)))).toBe(1420);
  });
});

describe('the MTU of the engine', () => {
  it('follows the narrowest interface that leads anywhere', () => {
    expect(engineMtu(through(link('eth0', 1500), link('ppp0', 1492)))).toBe(1412);
  });

  it('is the default where none does, whatever interfaces there are', () => {
    expect(engineMtu({ links: [link('lo', 1300)], routes: [] })).toBe(1420);
  });
});
