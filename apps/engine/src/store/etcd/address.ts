/**
 * The one form of an etcd address that `etcd3` and gRPC understand alike: `http://host:port`, without a
 * slash after it. The port is etcd's own, 2379, unless one is given (also the scheme's, 80 or 443).
 *
 * @param address a URL, as the config has checked it.
 */
export function etcdAddress(address: string): string {
  const bare = address.replace(/\/+$/, '');
  return /:[0-9]+$/.test(bare) ? bare : `${bare}:2379`;
}
