import {
  parseEndpoints,
  parseNetworks,
  parseContainerNames,
} from '../../../libs/containers/src/docker/parse-docker.js';
import { describeConfiguration } from '../../../libs/containers/src/cni/conflist.js';
import { parseLease } from '../../../libs/containers/src/cni/leases.js';
import { parseChain } from '../../../libs/dataplane/src/docker/iptables.js';
import {
  parseHostRoutes,
  parseLinks as parseHostLinks,
  parseRoutingRules,
} from '../../../libs/dataplane/src/system/parse-surroundings.js';
import { BanyanError } from '#errors';
import { endsIn, ownersIn } from '../../../libs/channel/src/gate/socket-owner.js';
import { isWhole } from '../../../libs/firewall/src/listing.js';
import type { Table } from '../../../libs/firewall/src/table.js';
import { parseLinks, parsePath, parseRoutes } from '../../../libs/tunnel/src/system/parse-network.js';
import { parseIpAddress } from '../../../libs/wireguard/src/parse/ip-address.js';
import { parseIpRoute } from '../../../libs/wireguard/src/parse/ip-route.js';
import { parseWgDump } from '../../../libs/wireguard/src/parse/wg-dump.js';
import { sampleKey, samplePublicKey } from '../../../libs/wireguard/src/testing/sample-device.js';
import { parseRoundTrip } from '../../../apps/agent/src/network/round-trips.js';
import { LIMIT_MS, broken, CASES, fuzz } from './cases.js';

const bytes = (texts: readonly string[]): Buffer[] => texts.map((text) => Buffer.from(text));

const json = bytes(['"ifname"', '"dst"', '"201"', '[', ']', '{', '}', ':', ',', 'null', '1e308', '"a\\nb"']);

describe('what a program prints, whatever it is', () => {
  it(
    '`wg show dump` is read or refused, and its private key never shown',
    () => {
      const own = sampleKey(1);
      const [one, two] = [samplePublicKey(1), samplePublicKey(2)];
      const head = `${own.reveal()}\t${own.publicKey.text}\t51821\toff`;
      const peer = `${one.text}\t(none)\t203.0.113.7:40000\t10.200.1.1/32,10.201.1.0/24\t1700000000\t148\t92\t25`;
      const samples = bytes([
        `${head}\n${peer}\n${two.text}\t(none)\t(none)\t(none)\t0\t0\t0\toff\n`,
        `${head}\n`,
        '(none)\t(none)\t0\toff\n',
      ]);
      fuzz(
        (dice) => broken(dice, samples, bytes([own.reveal(), '(none)', 'off', '\t', `\n${peer}`])).toString(),
        (output) => {
          try {
            for (const each of parseWgDump(output).peers) {
              if (!Number.isFinite(each.receivedBytes)) throw new TypeError('a number that is none');
            }
          } catch (error) {
            if (String(error).includes(own.reveal().slice(0, 12)))
              throw new TypeError('the key is shown', { cause: error });
            throw error;
          }
        },
      );
    },
    LIMIT_MS,
  );

  const addresses = JSON.stringify([
    {},
    {
      ...{
        ifindex: 7,
        ifname: 'banyan0',
        flags: ['UP'],
        mtu: 1420,
        link_type: 'ether',
        ifalias: 'banyan agent',
      },
      linkinfo: { info_kind: 'bridge' },
      addr_info: [{ family: 'inet', local: '10.201.1.1', prefixlen: 24, scope: 'global' }],
    },
  ]);
  const routes = JSON.stringify([
    { dst: 'default', gateway: '192.0.2.1', dev: 'eth0', flags: [] },
    { type: 'blackhole', dst: '10.201.0.0/16', protocol: '201', metric: 4294967295, flags: ['linkdown'] },
    { dst: '10.200.1.1', protocol: '201', prefsrc: '10.200.0.1', nexthops: [{ dev: 'a', flags: [] }] },
  ]);
  const rules = JSON.stringify([
    { priority: 201, src: 'all', fwmark: '0x100', fwmask: '0x100', table: 'main', protocol: '201' },
    { priority: 205, dst: '10.201.0.0', dstlen: 16, iif: 'lo', action: 'blackhole', protocol: '201' },
  ]);
  const path = JSON.stringify([{ dst: '192.0.2.1', dev: 'eth0', metrics: [{ mtu: 1400 }] }]);

  it(
    'what `ip -json` says of addresses, routes and rules is read or refused by all who read it',
    () => {
      const samples = bytes([addresses, routes, rules, path, '[]', '']);
      const parsers: ((output: string) => unknown)[] = [
        ...[
          parseIpAddress,
          parseHostLinks,
          parseLinks,
          parseHostRoutes,
          parseRoutes,
          parseRoutingRules,
          parsePath,
        ],
        (output) => parseIpRoute(output, 'inet'),
        (output) => parseIpRoute(output, 'inet6'),
      ];
      const taken = parsers.map(() => 0);
      fuzz(
        (dice) => broken(dice, samples, json).toString(),
        (output) => {
          for (const [number, parse] of parsers.entries()) {
            try {
              parse(output);
              taken[number]! += 1;
            } catch (error) {
              if (!(error instanceof BanyanError)) throw error;
            }
          }
        },
      );
      for (const times of taken) expect(times).toBeGreaterThan(CASES / 100);
    },
    LIMIT_MS,
  );

  it(
    'text of `nft`, `iptables`, `ping` and /proc/net/tcp is read, or is nothing',
    () => {
      const table: Table = {
        name: 'banyan',
        chains: [{ hook: 'input', priority: 0, rules: [{ when: [], verdict: 'drop' }] }],
      };
      const whole =
        'table inet banyan {\n\tchain input {\n\t\ttype filter hook input priority 0;\n\t\tdrop\n\t}\n}\n';
      expect(isWhole(whole, table)).toBe(true);
      const [local] = endsIn('127.0.0.1', 40_000);
      const [remote] = endsIn('127.0.0.1', 50_051);
      const samples = bytes([
        whole,
        '-N DOCKER-USER\n-A DOCKER-USER -i banyan0 -m comment --comment "a \\"b\\" c" -j ACCEPT\n',
        'PING 10.201.1.1\n\nrtt min/avg/max/mdev = 0.036/0.036/0.036/0.000 ms\n',
        `  sl\n   1: ${local} ${remote} 01 00000000:00000000 02:00000A2F 00000000  1000        0 99 2\n`,
      ]);
      const words = bytes([
        'chain input {',
        'drop',
        '-A DOCKER-USER',
        '"',
        '\\',
        ' 01 ',
        ' 0 ',
        local!,
        remote!,
      ]);
      fuzz(
        (dice) => broken(dice, samples, words).toString('latin1'),
        (text) => {
          isWhole(text, table);
          if (
            parseChain(text)
              .flat()
              .some((word) => /^\S+\n/.test(word))
          )
            throw new Error('a line in a word');
          const time = parseRoundTrip(text);
          if (time !== undefined && !(time >= 1)) throw new Error('a time that is none');
          ownersIn(text, new Set([`${local!} ${remote!}`]));
        },
      );
    },
    LIMIT_MS,
  );
});

describe('what others on this host have written, whatever it is', () => {
  it(
    'answers of Docker are networks and containers with plain names, or nothing',
    () => {
      const networks = JSON.stringify([
        {
          ...{ Id: 'a'.repeat(64), Name: 'banyan', Driver: 'bridge', Labels: { a: 'b' }, Options: {} },
          IPAM: { Config: [{ Subnet: '10.201.1.0/24', IPRange: '10.201.1.128/25', Gateway: '10.201.1.1' }] },
        },
      ]);
      const containers = JSON.stringify([{ Names: ['/web'], Id: 'b'.repeat(64) }]);
      const network = JSON.stringify({
        Containers: { ['c'.repeat(64)]: { Name: 'web', IPv4Address: '10.201.1.2/24' } },
      });
      const samples = bytes([networks, containers, network]);
      fuzz(
        (dice) => broken(dice, samples, json).toString(),
        (text) => {
          let answer: unknown;
          try {
            answer = JSON.parse(text);
          } catch {
            return;
          }
          parseNetworks(answer);
          const named = [...parseContainerNames(answer), ...parseEndpoints(answer).map(({ name }) => name)];
          if (named.some((name) => !/^[\w. -]+$/.test(name))) throw new Error('no plain name');
        },
      );
    },
    LIMIT_MS,
  );

  it(
    'files of CNI are a lease and a configuration, or nothing',
    () => {
      const samples = bytes([
        `${'d'.repeat(64)}\r\neth0`,
        '{"cniVersion":"1.0.0","name":"x","managedBy":"banyan"}',
      ]);
      fuzz(
        (dice) => broken(dice, samples).toString(),
        (text) => {
          const { name = 'none' } = parseLease('10.201.1.2', text);
          if (!/^[\w.-]+$/.test(name)) throw new Error('no plain name');
          describeConfiguration(text);
        },
      );
    },
    LIMIT_MS,
  );
});
