import { BanyanError } from '#errors';
import type { ActualDevice } from '../device.js';
import { parseIpAddress, type Link } from '../parse/ip-address.js';
import { parseIpRoute } from '../parse/ip-route.js';
import { parseWgDump } from '../parse/wg-dump.js';
import { needsRoot } from './needs-root.js';
import type { Tools } from './tools.js';

/**
 * The interface as it is. Told apart by what the kernel says it is, and, for a TUN device, by whether a
 * userspace WireGuard answers for it: its socket alone may be left over from one that died.
 *
 * @throws BanyanError `conflict` when the name belongs to something that is not WireGuard.
 */
export async function readDevice(tools: Tools, name: string): Promise<ActualDevice | undefined> {
  const shown = await tools.showLink(name);
  if (shown === undefined) return undefined;
  const link = parseIpAddress(shown);
  const implementation = implementationOf(link, name);
  const [dump, inet, inet6] = await Promise.all([
    tools.dump(name),
    tools.showRoutes(name, 'inet'),
    tools.showRoutes(name, 'inet6'),
  ]);
  if (dump === undefined) throw await unanswered(tools, name);
  return {
    name,
    implementation,
    up: link.up,
    mtu: link.mtu,
    addresses: link.addresses,
    routes: [...parseIpRoute(inet, 'inet'), ...parseIpRoute(inet6, 'inet6')],
    ...parseWgDump(dump),
  };
}

function implementationOf({ name: found, kind }: Link, name: string): ActualDevice['implementation'] {
  // `ip` also finds an interface by its alternative names.
  if (found !== name) throw taken(name, `another name of the interface ${found}`);
  if (kind === 'wireguard') return 'kernel';
  if (kind === 'tun') return 'userspace';
  throw taken(name, `an interface of kind ${kind}`);
}

async function unanswered(tools: Tools, name: string): Promise<BanyanError> {
  if (await tools.socketIsForbidden(name)) return needsRoot();
  return taken(name, 'a TUN device for which no WireGuard answers');
}

function taken(name: string, what: string): BanyanError {
  return new BanyanError('conflict', `the interface name ${name} is taken: it is ${what}`, {
    remedy: `See \`ip -details link show dev ${name}\`; remove or rename that interface.`,
  });
}
