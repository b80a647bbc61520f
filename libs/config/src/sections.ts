import { isIP } from 'node:net';
import type { LogSettings } from '#log';
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
import type { EngineSettings, HeaderAuth, StoreBackend } from './settings.js';

const isString = (value: unknown): boolean => typeof value === 'string';
const isAddress = (value: unknown): boolean => typeof value === 'string' && isIP(value) !== 0;
const isBoolean = (value: unknown): boolean => typeof value === 'boolean';
const isStringList = (value: unknown): boolean => Array.isArray(value) && value.every(isString);
/** All of a type's words and no others, which the compiler sees to: those of the log are not loaded for it. */
const isOneOf =
  <T extends string>(words: Readonly<Record<T, true>>) =>
  (value: unknown): boolean =>
    typeof value === 'string' && Object.hasOwn(words, value);

const A_KEY = 'a WireGuard key in base64, in quotes';
const A_PATH = 'an absolute path';
const A_PORT = 'a port, "1" to "65535"';
const A_LISTEN = 'an IP address and a port such as "127.0.0.1:9750", or "off"';
const A_HOST = 'an IP address or a host name, without port';

/** Of both services. */
const ExpectLevel = Expect(
  '"debug", "info", "warn" or "error"',
  isOneOf<LogSettings['level']>({ debug: true, info: true, warn: true, error: true }),
  {
    means:
      'the least that the log tells: `debug`, `info`, `warn` or `error`; `log-level` changes it without a restart',
  },
);
const ExpectFormat = Expect('"text" or "json"', isOneOf<LogSettings['format']>({ text: true, json: true }), {
  means: 'how the log tells it: `text`, or `json`, one object a line',
});

/** What every component has: its key pair, inline or (the private half) in a file. */
class KeyFields {
  @Expect(A_KEY, isString, {
    means: 'the private key, in base64; `init` writes it',
    change: '`init` and `rotate` replace it, and say what the other side must be told.',
  })
  wg_private_key?: string;

  @Expect(A_PATH, isAbsolutePath, {
    means: 'instead of `wg_private_key`: a file with the private key, closed to other users',
  })
  wg_private_key_file?: string;

  @Expect(A_KEY, isString, {
    means: 'the public key that belongs to the private one: for people, and checked against it',
  })
  wg_public_key?: string;

  /** No default here: the command line's depends on who runs it. */
  @Expect(A_PATH, isAbsolutePath, {
    means: 'where this component keeps what it has to remember',
    change:
      'Stop the component and move the directory along: without it the engine knows no agents, and an agent no network until its engine answers.',
    standard: '`/var/lib/banyan/ROLE`; for the `banyan-cli` of an ordinary user `~/.local/state/banyan`',
  })
  state_dir?: string;
}

export class EngineSection extends KeyFields {
  @Expect('a list of WireGuard public keys', isStringList, {
    means:
      "public keys that the engine had before, which are never a client's; `init` and `rotate` keep this list",
  })
  former_public_keys: string[] = [];

  @Expect(A_PATH, isAbsolutePath, {
    means: 'the folder of keys; where it is elsewhere, give the unit `ReadWritePaths=`',
    change:
      'Move the files along. Clients whose files are not in the new folder are revoked, but a folder without any key revokes nobody.',
  })
  whitelisted_keys_dir: string = '/etc/banyan/whitelisted-keys';

  @ExpectNumber(A_PORT, isPort, {
    means: 'the TCP port on which the engine takes calls, from every caller',
    change: 'Open it in the firewall, and give every client the same `engine_port`.',
  })
  grpc_port: number = 50_051;

  @ExpectNumber(A_PORT, isPort, {
    means: 'the UDP port of `wg-control`',
    change:
      'Open it in the firewall, and give every client the same `engine_wg_port`; calls go over direct TCP until then.',
  })
  wg_listen_port: number = 51_821;

  @Expect('"embedded" or "etcd"', isOneOf<StoreBackend>({ embedded: true, etcd: true }), {
    means: 'where the engine keeps its agents and their subnets: `embedded` is one file in `state_dir`',
    change: '`banyan-engine backup` before, and `banyan-engine restore` after, take the content along.',
  })
  store_backend: string = 'embedded';

  @Expect('URLs such as "http://127.0.0.1:2379", with commas between them', isStoreAddress, {
    means:
      'the URLs of etcd, those of the members of a cluster with commas between them; keys are under `/banyan/v1/`',
    change: 'As for `store_backend`, where it is another etcd.',
  })
  store_address: string = 'http://127.0.0.1:2379';

  @Expect('a name', isUserName, { means: 'the user of etcd; goes with `store_password_file`' })
  store_username?: string;

  @Expect(A_PATH, isAbsolutePath, { means: 'a file with its password, closed to other users' })
  store_password_file?: string;

  @Expect(A_PATH, isAbsolutePath, {
    means:
      "a file with the authorities that may have issued etcd's certificate; without it, those of this host",
  })
  store_ca_file?: string;

  @Expect(A_PATH, isAbsolutePath, {
    means: 'the certificate of the engine, where etcd asks for one; goes with `store_key_file`',
  })
  store_cert_file?: string;

  @Expect(A_PATH, isAbsolutePath, { means: 'a file with its private key, closed to other users' })
  store_key_file?: string;

  @Expect(
    '"local", "anywhere" or "never"',
    isOneOf<HeaderAuth>({ local: true, anywhere: true, never: true }),
    {
      means:
        "which clients that are not ours may name their key in `x-banyan-public-key`, in plain HTTP/2, without proving it. `local`: on loopback those of root or the engine's user, and in the tunnel those at the address of that very key, while the firewall rules are in place. `anywhere`: the whole network, so that whoever knows a public key can act as its owner; log and `status` say so. `never`: none",
    },
  )
  header_auth: string = 'local';

  @Expect('"allow" or "deny"', isOneOf<EngineSettings['keyRotation']>({ allow: true, deny: true }), {
    means:
      'whether components may replace their own key; where it is `deny`, an administrator admits the new one',
  })
  key_rotation: string = 'allow';

  @Expect('an IPv4 network such as "10.201.0.0/16"', isNetwork, {
    means: 'the network of all containers, of which each agent gets a part',
    change:
      'While agents have parts of it, only a larger network that contains it is taken; `banyan-engine release` frees a part.',
  })
  vpc_cidr: string = '10.201.0.0/16';

  @ExpectNumber('the length of a prefix, "8" to "29"', isWholeNumber(8, 29), {
    means: "the length of the prefix of each agent's part of `vpc_cidr`",
    change: 'It is taken only while no agent has a part; `banyan-engine release` frees one.',
  })
  subnet_prefix: number = 24;

  @ExpectNumber('a number, "16" to "65535"', isWholeNumber(16, 65_535), {
    means:
      'how many connections there may be whose caller is not known or not admitted; above it, the oldest of the address with the most is closed',
  })
  max_unknown_connections: number = 4_096;

  @ExpectNumber('a number, "4" to "65535"', isWholeNumber(4, 65_535), {
    means: 'the same from one address (IPv6: one /64); callers that prove an admitted key do not count',
  })
  max_unknown_per_address: number = 64;

  @ExpectNumber('a number, "2" to "1000"', isWholeNumber(2, 1_000), {
    means: 'how many connections one key may have open; above it, its oldest is closed',
  })
  max_connections_per_client: number = 16;

  @ExpectNumber('a number, "4" to "10000"', isWholeNumber(4, 10_000), {
    means: 'how many calls one key may have open; above it, `RESOURCE_EXHAUSTED`',
  })
  max_calls_per_client: number = 64;

  @ExpectNumber('a number, "10" to "100000"', isWholeNumber(10, 100_000), {
    means:
      'how many calls one key may make in a second, five times as many at once; above it, `RESOURCE_EXHAUSTED`',
  })
  max_call_rate_per_client: number = 200;

  @Expect(A_LISTEN, isListenAddress, {
    means:
      'where Prometheus reads the figures of the engine; `off`: nowhere. With `10.200.0.1`, through the tunnel',
  })
  metrics_listen: string = '127.0.0.1:9750';

  @ExpectLevel
  log_level: string = 'info';

  @ExpectFormat
  log_format: string = 'text';

  @Expect(A_PATH, isAbsolutePath, {
    means: 'where `admin.sock` is, by which commands on this host ask the engine (0600)',
  })
  run_dir: string = '/run/banyan-engine';
}

/** Where the engine is, for those who call it. */
class ClientFields extends KeyFields {
  /** Needed by everything but `init`, which may be about to set it. */
  @Expect(A_HOST, isHost, { means: 'the address or name of the engine; required, except by `init`' })
  engine_host?: string;

  @ExpectNumber(A_PORT, isPort, { means: 'the `grpc_port` of the engine' })
  engine_port: number = 50_051;

  @Expect(A_KEY, isString, {
    means:
      'the public key of the engine: pins it, and enables the tunnel. Without it, the first engine that answers is pinned, and calls go over direct TCP',
    change: '`init --keep --engine-wg-public-key KEY` sets it.',
  })
  engine_wg_public_key?: string;

  @ExpectNumber(A_PORT, isPort, { means: 'the `wg_listen_port` of the engine' })
  engine_wg_port: number = 51_821;
}

export class AgentSection extends ClientFields {
  @Expect('an IP address, without port', isAddress, {
    means: 'where other agents reach this host, if not where the engine sees it',
    change: 'The engine tells the others.',
  })
  host_ip?: string;

  @ExpectNumber(A_PORT, isPort, {
    means: 'the UDP port of `banyan-wg`',
    change: 'Open it in the firewall; the engine tells the others.',
  })
  wg_port: number = 51_820;

  /** 1280 is the least that IPv6 may have (RFC 8200). */
  @ExpectNumber('a number of bytes, "1280" to "65535"', isWholeNumber(1_280, 65_535), {
    means: 'the size of packets of `banyan-wg` and of the containers; every agent should have the same',
    change:
      "Containers take it when they are started again. Docker's network is made anew only when no container belongs to it.",
  })
  mtu: number = 1_420;

  @Expect('true or false', isBoolean, {
    means: 'whether containers of other hosts reach services of this one',
  })
  host_access: boolean = false;

  @Expect(A_LISTEN, isListenAddress, {
    means: 'where Prometheus reads the figures of this agent; `off`: nowhere',
  })
  metrics_listen: string = '127.0.0.1:9751';

  @ExpectLevel
  log_level: string = 'info';

  @ExpectFormat
  log_format: string = 'text';

  @Expect(A_PATH, isAbsolutePath, {
    means: 'where `status.json` is, readable by all and without secrets, and `agent.sock` (0600)',
  })
  run_dir: string = '/run/banyan-agent';
}

export class CliSection extends ClientFields {}

export const SECTIONS = { engine: EngineSection, agent: AgentSection, cli: CliSection } as const;
export type SectionOf<R extends Role> = InstanceType<(typeof SECTIONS)[R]>;
