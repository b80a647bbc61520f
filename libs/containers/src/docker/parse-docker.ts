import { isIPv4 } from 'node:net';
import { Subnet } from '#network';
import type { DockerNetwork, DockerPool } from './docker-state.js';

/** Docker's own rule for names of containers (`RestrictedNameChars`). */
const CONTAINER_NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,254}$/;

/** The answer to `GET /version`. */
export function parseMajor(answer: unknown): number | undefined {
  const [, major] = /^(\d{1,4})\./.exec(textOf(fieldsOf(answer).Version)) ?? [];
  return major === undefined ? undefined : Number(major);
}

/** The answer to `GET /networks`. What has no id is left out: nothing can be done with it. */
export function parseNetworks(answer: unknown): DockerNetwork[] {
  return listOf(answer).flatMap((each) => {
    const { Id, Name, Driver, Labels, Options, IPAM } = fieldsOf(each);
    if (!/^[0-9a-z]{12,64}$/.test(textOf(Id))) return [];
    return {
      id: textOf(Id),
      name: textOf(Name),
      driver: textOf(Driver),
      labels: textsOf(Labels),
      options: textsOf(Options),
      pools: listOf(fieldsOf(IPAM).Config).flatMap(parsePool),
    };
  });
}

/** The answer to `GET /containers/json`: of each container the first name. */
export function parseContainerNames(answer: unknown): string[] {
  return listOf(answer).map((each) => {
    const { Names, Id } = fieldsOf(each);
    return (
      nameOf(textOf(listOf(Names)[0]).replace(/^\//, '')) ??
      nameOf(textOf(Id).slice(0, 12)) ??
      'one without a name'
    );
  });
}

/** The answer to `GET /networks/ID`: the running containers on it that have an IPv4 address. */
export function parseEndpoints(answer: unknown): { name: string; address: string }[] {
  return Object.entries(fieldsOf(fieldsOf(answer).Containers)).flatMap(([id, container]) => {
    const { Name, IPv4Address } = fieldsOf(container);
    const [address = ''] = textOf(IPv4Address).split('/', 1);
    const name = nameOf(textOf(Name)) ?? nameOf(id.slice(0, 12));
    return isIPv4(address) && name !== undefined ? { name, address } : [];
  });
}

function parsePool(each: unknown): DockerPool | [] {
  const { Subnet: subnet, IPRange, Gateway } = fieldsOf(each);
  const whole = Subnet.tryParse(textOf(subnet));
  if (!whole) return [];
  const range = Subnet.tryParse(textOf(IPRange));
  const gateway = textOf(Gateway);
  return { subnet: whole, ...(range ? { range } : {}), ...(isIPv4(gateway) ? { gateway } : {}) };
}

function nameOf(text: string): string | undefined {
  return CONTAINER_NAME.test(text) ? text : undefined;
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function textsOf(value: unknown): Record<string, string> {
  return Object.fromEntries(Object.entries(fieldsOf(value)).map(([name, text]) => [name, textOf(text)]));
}
