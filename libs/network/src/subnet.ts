import { isIPv4 } from 'node:net';
import { BanyanError } from '#errors';

/** An IPv4 network, as `10.201.3.0/24`: immutable, host bits zero. */
export class Subnet {
  private constructor(
    /** First address, as an unsigned 32-bit number. */
    readonly base: number,
    /** Prefix length, 0 to 32. */
    readonly length: number,
  ) {}

  /** @throws BanyanError `invalid` for anything but `a.b.c.d/length` with zero host bits. */
  static parse(text: string, what = 'The subnet'): Subnet {
    const [address = '', digits = '', ...rest] = text.split('/');
    const length = Number(digits);
    if (!isIPv4(address) || !/^(0|[1-9][0-9]?)$/.test(digits) || length > 32 || rest.length > 0) {
      throw new BanyanError(
        'invalid',
        `${what} ${JSON.stringify(text.slice(0, 64))} is not an IPv4 network`,
        {
          remedy: 'Write an address and a prefix length, as 10.201.0.0/16.',
        },
      );
    }
    const subnet = Subnet.at(toNumber(address), length);
    if (toText(subnet.base) !== address) {
      throw new BanyanError('invalid', `${what} ${text} has host bits set`, {
        remedy: `Write ${subnet.text}.`,
      });
    }
    return subnet;
  }

  /** @returns undefined where {@link parse} would throw. */
  static tryParse(text: string): Subnet | undefined {
    try {
      return Subnet.parse(text);
    } catch {
      return undefined;
    }
  }

  /** The network of this length that holds the address. */
  static at(address: number, length: number): Subnet {
    return new Subnet((address & mask(length)) >>> 0, length);
  }

  /** Number of addresses. */
  get size(): number {
    return 2 ** (32 - this.length);
  }

  get text(): string {
    return `${toText(this.base)}/${this.length}`;
  }

  /** The n-th address, 0 being the network's own. @throws RangeError outside the network. */
  address(n: number): string {
    if (!Number.isInteger(n) || n < 0 || n >= this.size)
      throw new RangeError(`${this.text} has no address ${n}`);
    return toText(this.base + n);
  }

  /** The n-th network of a longer prefix inside this one. */
  part(n: number, length: number): Subnet {
    const part = new Subnet(this.base + n * 2 ** (32 - length), length);
    if (length < this.length || !this.contains(part))
      throw new RangeError(`${this.text} has no part ${n} of /${length}`);
    return part;
  }

  /** Whether this IPv4 address is one of the network's. */
  holds(address: string): boolean {
    return (toNumber(address) & mask(this.length)) >>> 0 === this.base;
  }

  contains(other: Subnet): boolean {
    return other.length >= this.length && (other.base & mask(this.length)) >>> 0 === this.base;
  }

  overlaps(other: Subnet): boolean {
    return this.contains(other) || other.contains(this);
  }

  equals(other: Subnet): boolean {
    return this.base === other.base && this.length === other.length;
  }

  toString(): string {
    return this.text;
  }

  toJSON(): string {
    return this.text;
  }
}

function mask(length: number): number {
  return length === 0 ? 0 : (~0 << (32 - length)) >>> 0;
}

function toNumber(address: string): number {
  return address.split('.').reduce((number, octet) => number * 256 + Number(octet), 0);
}

function toText(number: number): string {
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 0xff).join('.');
}
