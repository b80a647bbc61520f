import { INTERFACE } from './names.js';

/** What this host's kernel says of forwarding (ip-sysctl.rst). */
export interface KernelSettings {
  readonly forwarding: boolean;
  /** Of `banyan-wg`, the stricter of its own and everybody's: 0 off, 1 strict, 2 loose. */
  readonly reversePath: number;
}

export type KernelKey = 'net.ipv4.ip_forward' | `net.ipv4.conf.${typeof INTERFACE}.rp_filter`;

export interface Kernel {
  read(): Promise<KernelSettings>;
  /** @throws BanyanError `host` when the kernel refuses, as where `/proc/sys` is read-only. */
  set(key: KernelKey, value: number): Promise<void>;
}

export interface KernelStep {
  readonly key: KernelKey;
  readonly value: number;
  readonly what: string;
  readonly why: string;
}

export function planForwarding({ forwarding }: KernelSettings): KernelStep[] {
  if (forwarding) return [];
  return [
    {
      key: 'net.ipv4.ip_forward',
      value: 1,
      what: 'switch IP forwarding on (net.ipv4.ip_forward=1)',
      why: 'without it no packet passes between containers and other hosts',
    },
  ];
}

/**
 * Strict filtering drops what comes from another way than the host would answer by, as policy routing can make of
 * every container. WireGuard has proved the sender before, so `banyan-wg` needs no such guess.
 */
export function planReversePath({ reversePath }: KernelSettings): KernelStep[] {
  if (reversePath !== 1) return [];
  return [
    {
      key: `net.ipv4.conf.${INTERFACE}.rp_filter`,
      value: 2,
      what: `make the reverse path filter of ${INTERFACE} loose`,
      why: 'a strict one drops packets of containers where the host has routing rules of its own',
    },
  ];
}
