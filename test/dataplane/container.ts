import type { Account, Host } from '../lab/index.js';

export interface Container {
  readonly address: string;
  readonly inside: Account;
}

/**
 * A container of a kind: a network namespace with a cable to `banyan0`, and the gateway as its default.
 * @param port the host's end of the cable.
 * @param address with prefix length, as `10.201.1.2/24`.
 */
export async function makeContainer(
  host: Host,
  {
    name,
    port,
    address,
    gateway,
  }: { readonly name: string; readonly port: string; readonly address: string; readonly gateway: string },
): Promise<Container> {
  const ip = (...args: string[]) => host.output(['ip', ...args]);
  await ip('netns', 'add', name);
  await ip(
    ...['link', 'add', port, 'mtu', '1420', 'type', 'veth'],
    ...['peer', 'name', 'eth0', 'mtu', '1420', 'netns', name],
  );
  await ip('link', 'set', port, 'master', 'banyan0', 'up');
  await ip('-n', name, 'link', 'set', 'lo', 'up');
  await ip('-n', name, 'address', 'add', address, 'dev', 'eth0');
  await ip('-n', name, 'link', 'set', 'eth0', 'up');
  await ip('-n', name, 'route', 'add', 'default', 'via', gateway);
  return {
    address: address.split('/')[0]!,
    inside: host.through(`${host.name} ${name}`, ['ip', 'netns', 'exec', name]),
  };
}
