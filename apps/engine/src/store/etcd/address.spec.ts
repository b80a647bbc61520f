import { etcdAddress } from './address.js';

it.each([
  ['http://127.0.0.1:2379', 'http://127.0.0.1:2379'],
  ['http://127.0.0.1:2379/', 'http://127.0.0.1:2379'],
  ['http://etcd', 'http://etcd:2379'],
  ['https://etcd:443', 'https://etcd:443'],
  ['http://[::1]', 'http://[::1]:2379'],
  ['http://[fd00::1]:80/', 'http://[fd00::1]:80'],
])('the etcd address %s is used as %s', (given, used) => {
  expect(etcdAddress(given)).toBe(used);
});
