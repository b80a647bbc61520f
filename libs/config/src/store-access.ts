import { fieldError } from './place.js';
import { storeAddresses } from './fields.js';
import type { EngineSection } from './sections.js';
import type { StoreAccess } from './settings.js';

/** Fields that mean nothing without each other. */
const PAIRS = [
  ['store_username', 'store_password_file'],
  ['store_cert_file', 'store_key_file'],
] as const;
const OF_TLS = ['store_ca_file', 'store_cert_file', 'store_key_file'] as const;

/**
 * How the engine and etcd know each other, where the store is etcd.
 *
 * @throws BanyanError `invalid` for one half of a pair, and for files of TLS where there is no TLS: whoever
 *   wrote them believes that the connection is safer than it is.
 */
export function storeAccess(section: EngineSection, path: string): StoreAccess {
  if (section.store_backend !== 'etcd') return {};
  for (const [one, other] of [...PAIRS, ...PAIRS.map(([a, b]) => [b, a] as const)]) {
    if (section[one] !== undefined && section[other] === undefined) {
      throw fieldError(path, 'engine', one, `needs ${other} with it`, `Add ${other}, or take ${one} out.`);
    }
  }
  const isPlain = storeAddresses(section.store_address).some((address) => /^http:/i.test(address));
  const ofTls = OF_TLS.find((field) => section[field] !== undefined);
  if (isPlain && ofTls) {
    throw fieldError(
      path,
      'engine',
      ofTls,
      'is for https, and store_address is http',
      `Write store_address with https://, or take ${ofTls} out.`,
    );
  }
  return {
    username: section.store_username,
    passwordFile: section.store_password_file,
    caFile: section.store_ca_file,
    certFile: section.store_cert_file,
    keyFile: section.store_key_file,
  };
}
