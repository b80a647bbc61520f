import type { Route } from '../device.js';
import { canonicalIp, canonicalNetwork } from '../prefix.js';
import { parseIpJson, type JsonObject } from './ip-json.js';
import { unreadableOutput } from './unreadable-output.js';

const COMMAND = 'ip -json route show';
/** What `default` stands for, which `ip` prints without its family. */
const DEFAULT = { inet: '0.0.0.0/0', inet6: '::/0' };

/**
 * The routes that `ip -json route show dev NAME` prints (`ip -6 …` for `inet6`). Routes the kernel made by
 * itself for an address are left out: they come and go with it.
 *
 * @throws BanyanError `host` when it is not that.
 */
export function parseIpRoute(output: string, family: 'inet' | 'inet6'): Route[] {
  return parseIpJson(output, COMMAND)
    .filter((route) => 'dst' in route && route.protocol !== 'kernel')
    .map((route) => parseRoute(route, family));
}

function parseRoute({ dst, prefsrc }: JsonObject, family: 'inet' | 'inet6'): Route {
  if (typeof dst !== 'string' || (prefsrc !== undefined && typeof prefsrc !== 'string')) {
    throw unreadableOutput(COMMAND, 'a field of a route is missing');
  }
  return {
    destination: canonicalNetwork(dst === 'default' ? DEFAULT[family] : dst),
    ...(prefsrc === undefined ? {} : { source: canonicalIp(prefsrc) }),
  };
}
