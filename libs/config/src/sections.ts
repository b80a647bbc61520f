import { isIP } from 'node:net';
import { Expect, ExpectNumber } from './expect.js';
import {
  isAbsolutePath,
  isHost,
  isListenAddress,
  isNetwork,
  isPort,
  isStoreAddress,
  isUserName,
  isWholeNumber,
  type Role,
} from './fields.js';

const isString = (value: unknown): boolean => typeof value === 'string';
const isAddress = (value: unknown): boolean => typeof value === 'string' && isIP(value) !== 0;
const isBoolean = (value: unknown): boolean => typeof value === 'boolean';
const isStringList = (value: unknown): boolean => Array.isArray(value) && value.every(isString);
const isOneOf = (values: readonly string[]) => (value: unknown) => values.includes(value as string);

const A_KEY = 'a WireGuard key in base64, in quotes';
const A_PATH = 'an absolute path';
const A_PORT = 'a port, "1" to "65535"';
const A_LISTEN = 'an IP address and a port such as "127.0.0.1:9750", or "off"';
const A_LEVEL = '"debug", "info", "warn" or "error"';
const LEVELS = ['debug', 'info', 'warn', 'error'];
const A_FORMAT = '"text" or "json"';
const A_HOST = 'an IP address or a host name, without port';

/** What every component has: its key pair, inline or (the private half) in a file. */
class KeyFields {
  @Expect(A_KEY, isString)
  wg_private_key?: string;

  @Expect(A_PATH, isAbsolutePath)
  wg_private_key_file?: string;

  @Expect(A_KEY, isString)
  wg_public_key?: string;

  /** No default here: the command line's depends on who runs it. */
  @Expect(A_PATH, isAbsolutePath)
  state_dir?: string;
}

export class EngineSection extends KeyFields {
  /** Public keys the engine had before; still no client's. */
  @Expect('a list of WireGuard public keys', isStringList)
  former_public_keys: string[] = [];

  @Expect(A_PATH, isAbsolutePath)
  whitelisted_keys_dir: string = '/etc/banyan/whitelisted-keys';

  @ExpectNumber(A_PORT, isPort)
  grpc_port: number = 50_051;

  @ExpectNumber(A_PORT, isPort)
  wg_listen_port: number = 51_821;

  @Expect('"embedded" or "etcd"', isOneOf(['embedded', 'etcd']))
  store_backend: string = 'embedded';

  /** Of every member of a cluster. */
  @Expect('URLs such as "http://127.0.0.1:2379", with commas between them', isStoreAddress)
  store_address: string = 'http://127.0.0.1:2379';

  @Expect('a name', isUserName)
  store_username?: string;

  @Expect(A_PATH, isAbsolutePath)
  store_password_file?: string;

  @Expect(A_PATH, isAbsolutePath)
  store_ca_file?: string;

  @Expect(A_PATH, isAbsolutePath)
  store_cert_file?: string;

  @Expect(A_PATH, isAbsolutePath)
  store_key_file?: string;

  @Expect('"local", "anywhere" or "never"', isOneOf(['local', 'anywhere', 'never']))
  header_auth: string = 'local';

  /** Whether components may replace their own key. */
  @Expect('"allow" or "deny"', isOneOf(['allow', 'deny']))
  key_rotation: string = 'allow';

  /** All containers of all agents. */
  @Expect('an IPv4 network such as "10.201.0.0/16"', isNetwork)
  vpc_cidr: string = '10.201.0.0/16';

  /** Of each agent's part of it. */
  @ExpectNumber('the length of a prefix, "8" to "29"', isWholeNumber(8, 29))
  subnet_prefix: number = 24;

  /** Connections whose caller is not known, or not admitted: of all, and of one address. */
  @ExpectNumber('a number, "16" to "65535"', isWholeNumber(16, 65_535))
  max_unknown_connections: number = 4_096;

  @ExpectNumber('a number, "4" to "65535"', isWholeNumber(4, 65_535))
  max_unknown_per_address: number = 64;

  /** Of one admitted key: open connections, calls at a time, calls a second. */
  @ExpectNumber('a number, "2" to "1000"', isWholeNumber(2, 1_000))
  max_connections_per_client: number = 16;

  @ExpectNumber('a number, "4" to "10000"', isWholeNumber(4, 10_000))
  max_calls_per_client: number = 64;

  @ExpectNumber('a number, "10" to "100000"', isWholeNumber(10, 100_000))
  max_call_rate_per_client: number = 200;

  /** Where Prometheus finds the engine's figures. */
  @Expect(A_LISTEN, isListenAddress)
  metrics_listen: string = '127.0.0.1:9750';

  /** The least that the log tells, and how. */
  @Expect(A_LEVEL, isOneOf(LEVELS))
  log_level: string = 'info';

  @Expect(A_FORMAT, isOneOf(['text', 'json']))
  log_format: string = 'text';

  @Expect(A_PATH, isAbsolutePath)
  run_dir: string = '/run/banyan-engine';
}

/** Where the engine is, for those who call it. */
class ClientFields extends KeyFields {
  /** Needed by everything but `init`, which may be about to set it. */
  @Expect(A_HOST, isHost)
  engine_host?: string;

  @ExpectNumber(A_PORT, isPort)
  engine_port: number = 50_051;

  @Expect(A_KEY, isString)
  engine_wg_public_key?: string;

  @ExpectNumber(A_PORT, isPort)
  engine_wg_port: number = 51_821;
}

export class AgentSection extends ClientFields {
  /** Where other agents reach this host. Absent: where the engine sees it. */
  @Expect('an IP address, without port', isAddress)
  host_ip?: string;

  /** UDP, of `banyan-wg`. */
  @ExpectNumber(A_PORT, isPort)
  wg_port: number = 51_820;

  /** 1280 is the least that IPv6 may have (RFC 8200). */
  @ExpectNumber('a number of bytes, "1280" to "65535"', isWholeNumber(1_280, 65_535))
  mtu: number = 1_420;

  /** Whether containers of other hosts reach services of this one. */
  @Expect('true or false', isBoolean)
  host_access: boolean = false;

  /** Where Prometheus finds this agent's figures. */
  @Expect(A_LISTEN, isListenAddress)
  metrics_listen: string = '127.0.0.1:9751';

  /** The least that the log tells, and how. */
  @Expect(A_LEVEL, isOneOf(LEVELS))
  log_level: string = 'info';

  @Expect(A_FORMAT, isOneOf(['text', 'json']))
  log_format: string = 'text';

  @Expect(A_PATH, isAbsolutePath)
  run_dir: string = '/run/banyan-agent';
}

export class CliSection extends ClientFields {}

export const SECTIONS = { engine: EngineSection, agent: AgentSection, cli: CliSection } as const;
export type SectionOf<R extends Role> = InstanceType<(typeof SECTIONS)[R]>;
