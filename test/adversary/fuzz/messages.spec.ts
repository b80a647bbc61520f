import { decide } from '../../../apps/engine/src/auth/decide.js';
import { chooseSubnet } from '../../../apps/engine/src/network/choose-subnet.js';
import { NetworkReport } from '../../../apps/engine/src/network/network-report.js';
import { whereabouts } from '../../../apps/engine/src/registry/whereabouts.js';
import { checkReport } from '../../../apps/engine/src/rpc/register-report.js';
import { amendedBy, describedBy, type Described } from '../../../apps/agent/src/network/described.js';
import { judge } from '../../../apps/agent/src/network/judge.js';
import { hintOf } from '../../../libs/dataplane/src/endpoint-hints.js';
import { samplePublicKey } from '../../../libs/wireguard/src/testing/sample-device.js';
import { tunnelAddress } from '#crypto';
import { checkNetwork, Subnet, type Network } from '#network';
import * as protocol from '#protocol';
import { parseClientName, type Client } from '#whitelist';
import { RegisterRequest, SyncRequest, SyncResponse, type NetworkPeer } from '#protocol';
import { LIMIT_MS, broken, CASES, fuzz, type Dice } from './cases.js';

const OWN = samplePublicKey(0).text;
const VPC = Subnet.parse('10.201.0.0/16');

function peer(number: number): NetworkPeer {
  return {
    name: `worker-${number}`,
    publicKey: samplePublicKey(number).text,
    subnet: `10.201.${number}.0/24`,
    host: `192.0.2.${number}`,
    atEngine: false,
    port: 51_820,
    endpointRevision: 1,
  };
}

const snapshot = { storeId: 's', revision: 10, vpcCidr: VPC.text, subnet: '10.201.0.0/24', adopted: false };
const SYNC_RESPONSES: SyncResponse[] = [
  { message: { $case: 'snapshot', value: { ...snapshot, peers: [peer(1), peer(2), peer(3)] } } },
  { message: { $case: 'snapshot', value: { ...snapshot, storeId: 't', peers: [peer(1)], adopted: true } } },
  {
    message: {
      $case: 'delta',
      value: { base: 10, revision: 11, changed: [peer(4)], removed: [peer(1).publicKey], adopted: false },
    },
  },
  {
    message: {
      $case: 'delta',
      value: {
        base: 10,
        revision: 12,
        changed: [{ ...peer(7), publicKey: OWN }],
        removed: [],
        adopted: true,
      },
    },
  },
];
/** What describes no network. */
const ORDERS: SyncResponse[] = [
  {
    message: {
      $case: 'keyMove',
      value: { move: 3, publicKey: peer(1).publicKey, newPublicKey: peer(5).publicKey },
    },
  },
  { message: { $case: 'keyMoveOrder', value: { move: 3, calledOff: false, inMs: 40 } } },
  { message: { $case: 'engineKey', value: { publicKey: peer(6).publicKey } } },
  { message: { $case: 'ping', value: { id: 7, publicKey: peer(2).publicKey } } },
  { message: { $case: 'linkReportRequest', value: { most: 8 } } },
];
const link = {
  publicKey: samplePublicKey(1).text,
  endpoint: '192.0.2.1:51820',
  latestHandshakeMs: 1,
  receivedBytes: 1,
  sentBytes: 1,
  roundTripUs: 1,
  up: true,
};
const SYNC_REQUESTS: SyncRequest[] = [
  { message: { $case: 'hello', value: { protocolVersion: 1, version: '1.0.0' } } },
  { message: { $case: 'ack', value: { storeId: 's', revision: 10, refused: 'because', held: false } } },
  {
    message: {
      $case: 'links',
      value: { links: [link, { ...link, publicKey: samplePublicKey(2).text }], leftOut: 3 },
    },
  },
  { message: { $case: 'pong', value: { id: 7, link } } },
  { message: { $case: 'linkCount', value: { up: 1, wanted: 2 } } },
  { message: { $case: 'keyMoveReady', value: { move: 3, tookMs: 12 } } },
  { message: { $case: 'keyMoveUnready', value: { move: 3, why: 'no such interface' } } },
];
const REGISTERS = [
  { agentName: 'worker-1', tags: ['a', 'b'], protocolVersion: 1, version: '1.0.0', wgPort: 51_820 },
  { hostIp: '192.0.2.7', hostRoutes: ['10.0.0.0/8', '10.201.3.0/24'], subnet: '10.201.1.0/24' },
  { sessionToken: 'x', apiAddress: 'http://192.0.2.7:80', wgPublicKey: samplePublicKey(1).text },
].map((each) => RegisterRequest.fromPartial(each));

const encoded = <T>(
  messages: readonly T[],
  type: { encode(message: T): { finish(): Uint8Array } },
): Buffer[] => messages.map((message) => Buffer.from(type.encode(message).finish()));

/** A field of every number and every kind, some of them messages in messages, or text that is not UTF-8. */
function anyFields(dice: Dice, depth = 0): Buffer {
  const fields = Array.from({ length: 1 + dice.below(6) }, () => {
    const kind = dice.of([0, 0, 1, 2, 2, 2, 5]);
    const tag = ((1 + dice.below(24)) << 3) | kind;
    const head = Buffer.from(tag < 0x80 ? [tag] : [(tag & 0x7f) | 0x80, tag >> 7]);
    if (kind === 0)
      return Buffer.concat([head, dice.of([Buffer.of(1), Buffer.alloc(9, 0xff), Buffer.of(0xff, 1)])]);
    if (kind === 1) return Buffer.concat([head, dice.bytes(8)]);
    if (kind === 5) return Buffer.concat([head, dice.bytes(4)]);
    const inside = depth < 3 && dice.below(2) === 0 ? anyFields(dice, depth + 1) : dice.bytes(dice.below(20));
    return Buffer.concat([head, Buffer.of(Math.min(127, inside.length)), inside.subarray(0, 127)]);
  });
  return Buffer.concat(fields);
}

interface MessageType {
  encode(message: unknown): { finish(): Uint8Array };
  decode(bytes: Uint8Array): unknown;
}

const isType = (value: unknown): value is MessageType =>
  typeof value === 'object' && value !== null && 'decode' in value && 'encode' in value;

/** What the reader of protobuf says of bytes that are no message; grpc-js answers INTERNAL, and goes on. */
function decoded<T>(type: { decode(bytes: Uint8Array): T }, bytes: Uint8Array): T | undefined {
  try {
    return type.decode(bytes);
  } catch (error) {
    const said = error instanceof Error && error.constructor.name !== 'TypeError' ? error.message : '';
    if (/^(premature EOF|invalid|illegal|cant skip|Value is|index out of range|can't skip)/i.test(said))
      return undefined;
    throw error;
  }
}

describe('every message of the protocol', () => {
  it(
    'is read from any bytes, or refused by its reader, and can be written again',
    () => {
      const types = (Object.values(protocol) as unknown[]).filter(isType);
      expect(types.length).toBeGreaterThan(40);
      const samples = [
        ...encoded([...SYNC_RESPONSES, ...ORDERS], SyncResponse),
        ...encoded(SYNC_REQUESTS, SyncRequest),
        ...encoded(REGISTERS, RegisterRequest),
      ];
      const read = types.map(() => 0);
      fuzz(
        (dice) => (dice.below(2) === 0 ? broken(dice, samples) : broken(dice, [anyFields(dice)])),
        (bytes) => {
          for (const [number, type] of types.entries()) {
            const message = decoded(type, bytes);
            if (message === undefined) continue;
            read[number]! += 1;
            if (read[number]! % 16 === 0) type.encode(message).finish();
          }
        },
      );
      for (const times of read) expect(times).toBeGreaterThan(CASES / 100);
    },
    LIMIT_MS,
  );
});

describe('what the engine makes of a message of an agent', () => {
  it(
    'Register is checked, and gives nobody a subnet that another has',
    () => {
      const samples = encoded(REGISTERS, RegisterRequest);
      const words = ['10.201.0.0/24', '10.201.1.0/24', '10.0.0.0/8', '::1', 'a b', '\x1b'].map((word) =>
        Buffer.from(word),
      );
      const taken = new Set(['10.201.0.0/24', '10.201.1.0/24']);
      const pool = { vpcCidr: VPC, subnetPrefix: 24 };
      let registered = 0;
      fuzz(
        (dice) => broken(dice, samples, words),
        (bytes) => {
          const request = decoded(RegisterRequest, bytes);
          if (!request) return;
          const report = checkReport(request);
          const routes = report.hostRoutes.map((route) => Subnet.parse(route));
          const wish = report.subnet === '' ? undefined : Subnet.parse(report.subnet);
          const subnet = chooseSubnet(pool, (text) => taken.has(text), routes, wish);
          if (subnet instanceof Subnet && (taken.has(subnet.text) || !VPC.contains(subnet))) {
            throw new TypeError(`${subnet.text} was given twice`);
          }
          const { where } = whereabouts(report, { path: 'direct', address: '192.0.2.9' }, VPC);
          if (where && !/^[0-9a-f.:]+$/i.test(where.host)) throw new TypeError('a place that is no address');
          registered += 1;
        },
      );
      expect(registered).toBeGreaterThan(CASES / 100);
    },
    LIMIT_MS,
  );

  it(
    'Sync keeps a bounded, printable report, whatever is said how often',
    () => {
      const samples = encoded(SYNC_REQUESTS, SyncRequest);
      const peers = new Set([1, 2, 3].map((number) => samplePublicKey(number).text));
      const report = new NetworkReport('s');
      fuzz(
        (dice) => broken(dice, samples),
        (bytes) => {
          const { message } = decoded(SyncRequest, bytes) ?? {};
          if (message?.$case === 'ack') report.acknowledged(message.value, 10);
          if (message?.$case === 'linkCount') report.counted(message.value);
          const links =
            message?.$case === 'links' ? report.reported(message.value, (key) => peers.has(key)).links : [];
          if (report.appliedRevision > 10) throw new Error('believed from the future');
          if (links.length > peers.size) throw new Error('links to nobody');
          const texts = [report.refused, ...links.map(({ endpoint }) => endpoint)];
          if (texts.some((text) => text.length > 512 || /[^\x20-\x7e]/.test(text)))
            throw new Error('unprintable');
        },
      );
    },
    LIMIT_MS,
  );

  it(
    'the header is the key that was proven, or the call is refused',
    () => {
      const admitted = new Map<string, Client>();
      for (const number of [1, 2]) {
        const publicKey = samplePublicKey(number);
        admitted.set(publicKey.text, {
          name: parseClientName(`worker-${number}`),
          publicKey,
          role: 'any',
          tunnelAddress: tunnelAddress(publicKey),
        });
      }
      const [own, other] = [...admitted.keys()] as [string, string];
      const samples = [own, other, `${own},${other}`].map((text) => Buffer.from(text));
      const policy = {
        ...({ headerAuth: 'local', engineUid: 0, tunnelGuarded: true, whitelistRead: true } as const),
        find: (text: string) => admitted.get(text),
        expired: () => undefined,
      };
      const connection = { remoteAddress: '192.0.2.1', remotePort: 1, path: 'direct' } as const;
      const plain = {
        ...connection,
        path: 'tunnel',
        remoteAddress: tunnelAddress(samplePublicKey(1)),
      } as const;
      fuzz(
        (dice) => ({
          isPlain: dice.below(2) === 0,
          header: Array.from({ length: dice.of([0, 1, 1, 1, 1, 2]) }, () => {
            const value = dice.below(2) === 0 ? dice.of(samples) : broken(dice, samples);
            return dice.below(8) === 0 ? value : value.toString('latin1');
          }),
        }),
        ({ isPlain, header }) => {
          const caller = isPlain ? plain : { ...connection, provenKey: samplePublicKey(1) };
          const { name } = decide({ connection: caller, header }, policy);
          if (name !== 'worker-1' || header[0] !== own) throw new Error(`taken for ${name}`);
        },
      );
    },
    LIMIT_MS,
  );
});

describe('what an agent makes of a message of an engine', () => {
  const known: Network = {
    ...{ storeId: 's', revision: 10, vpcCidr: VPC, subnet: Subnet.parse('10.201.0.0/24') },
    peers: [...describedOf(SYNC_RESPONSES[0]!).peers.values()],
  };
  const routes = ['192.168.0.0/16', '10.0.0.0/8'].map((text) => Subnet.parse(text));
  const words = ['10.201.0.0/15', '10.200.0.0/16', '0.0.0.0/0', '127.0.0.1', '..', OWN].map((word) =>
    Buffer.from(word),
  );

  function describedOf(response: SyncResponse): Described {
    if (response.message?.$case !== 'snapshot') throw new Error('no snapshot');
    return describedBy(response.message.value, OWN);
  }

  /** Half of them with a value changed in the message, so that what is inside its frame is reached. */
  function said(dice: Dice): Buffer {
    const response = structuredClone(dice.of(SYNC_RESPONSES));
    if (dice.below(2) === 0) return broken(dice, encoded([response], SyncResponse), words);
    const { value } = response.message as unknown as { value: Record<string, unknown> };
    const peers = [value.peers, value.changed].find(Array.isArray) as NetworkPeer[];
    const within = dice.below(3) === 0 ? value : { ...dice.of(peers) };
    const field = dice.of(Object.keys(within));
    if (typeof within[field] === 'string')
      within[field] = broken(dice, [Buffer.from(within[field])], words).toString();
    if (typeof within[field] === 'number')
      within[field] = dice.of([0, 1, 9, 10, 11, 65_535, 65_536, 2 ** 32 - 1]);
    if (within !== value) peers.push(within as unknown as NetworkPeer);
    return encoded([response], SyncResponse)[0]!;
  }

  it(
    'is a network that may be built here, or the last one without who was taken away',
    () => {
      const before = describedOf(SYNC_RESPONSES[0]!);
      const outcomes = new Map<string, number>();
      fuzz(said, (bytes) => {
        const { message } = decoded(SyncResponse, bytes) ?? {};
        if (message?.$case !== 'snapshot' && message?.$case !== 'delta') return;
        const next =
          message.$case === 'snapshot'
            ? describedBy(message.value, OWN)
            : amendedBy(message.value, before, OWN);
        const { network, refused, held } = judge(known, next, routes);
        const outcome = held ? 'held' : refused === '' ? 'built' : 'refused';
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
        if (!network) throw new Error('the last network was forgotten');
        checkNetwork(network, routes);
        const kept = new Map(known.peers.map((each) => [each.publicKey.text, each]));
        for (const each of network.peers) {
          if (outcome !== 'built' && !kept.has(each.publicKey.text))
            throw new Error('a peer of what was refused');
          if (each.publicKey.text === OWN) throw new Error('a peer of itself');
          hintOf(each, network, '192.0.2.200');
        }
      });
      for (const outcome of ['built', 'held', 'refused'])
        expect(outcomes.get(outcome)).toBeGreaterThan(CASES / 1_000);
    },
    LIMIT_MS,
  );
});
