import { isAbsolutePath, isHost, isPort, isStoreAddress } from '#config';
import { PublicKey } from '#crypto';

/** One setting that `init` asks for: a flag, a prompt, and a field of the config. */
export interface Question {
  readonly field: string;
  /** Without the dashes. */
  readonly flag: string;
  readonly message: string;
  /** What is taken when nobody says; absent: there is none. */
  readonly fallback?: string;
  readonly needed: boolean;
  readonly choices?: readonly string[];
  /** What a good value is, completing "must be". */
  readonly expected: string;
  readonly check: (value: string) => boolean;
}

const PORT = { expected: 'a port, 1 to 65535', check: isPort };

const CLIENT: readonly Question[] = [
  {
    field: 'engine_host',
    flag: 'engine-host',
    message: 'Address or host name of the engine',
    needed: true,
    expected: 'an IP address or a host name, without port',
    check: isHost,
  },
  {
    field: 'engine_port',
    flag: 'engine-port',
    message: 'Port of the engine',
    fallback: '50051',
    needed: true,
    ...PORT,
  },
  {
    field: 'engine_wg_public_key',
    flag: 'engine-wg-public-key',
    message: 'Public key of the engine (empty: trust the first answer, without the tunnel)',
    needed: false,
    expected: 'a WireGuard public key: 44 characters of base64',
    check: (value) => PublicKey.tryParse(value) !== undefined,
  },
];

const ENGINE: readonly Question[] = [
  {
    field: 'whitelisted_keys_dir',
    flag: 'whitelisted-keys-dir',
    message: 'Directory of the public keys that are let in',
    fallback: '/etc/banyan/whitelisted-keys',
    needed: true,
    expected: 'an absolute path',
    check: isAbsolutePath,
  },
  {
    field: 'grpc_port',
    flag: 'grpc-port',
    message: 'Port for agents and operators',
    fallback: '50051',
    needed: true,
    ...PORT,
  },
  {
    field: 'store_backend',
    flag: 'store-backend',
    message: 'Where the engine keeps its records',
    fallback: 'embedded',
    needed: true,
    choices: ['embedded', 'etcd'],
    expected: 'embedded or etcd',
    check: (value) => value === 'embedded' || value === 'etcd',
  },
];

/** Asked, and written, only when the records are in etcd. */
export const STORE_ADDRESS: Question = {
  field: 'store_address',
  flag: 'store-address',
  message: 'Address of etcd',
  fallback: 'http://127.0.0.1:2379',
  needed: true,
  expected: 'a URL such as http://127.0.0.1:2379',
  check: isStoreAddress,
};

export const QUESTIONS = { engine: ENGINE, agent: CLIENT, cli: CLIENT } as const;
