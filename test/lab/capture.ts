import type { Host } from './host.js';
import type { Process } from './process.js';
import { until } from './until.js';

const COUNTS = /(\d+) packets? captured, (\d+) packets? received by filter, (\d+) packets? dropped/;

/** What passes an interface of a host, recorded by tcpdump from the moment it says that it listens. */
export class Capture {
  /** Packets for which there was no room. */
  private lost = 0;

  private constructor(
    private readonly host: Host,
    private readonly tcpdump: Process,
    /** A pcap file, on the host. */
    readonly file: string,
  ) {}

  static async start(host: Host, device: string, file: string): Promise<Capture> {
    // -Z root: the file is on a tmpfs that belongs to root, and goes with the host.
    const tcpdump = host.spawn([
      'tcpdump',
      '-i',
      device,
      '-n',
      '-U',
      '--immediate-mode',
      // Room for all that passes while others have the processor: what finds none is not recorded.
      ...['-B', '65536', '-s', '65535'],
      '-Z',
      'root',
      '-w',
      file,
    ]);
    await tcpdump.says('listening on');
    return new Capture(host, tcpdump, file);
  }

  /** Ends the recording; everything that has passed until now is in it. */
  async stop(): Promise<void> {
    // It ends without a look at what the kernel holds for it.
    await this.settled();
    await this.tcpdump.signal('SIGINT');
    await this.tcpdump.ended;
  }

  /** Everything that has passed until now is in it. */
  async settled(): Promise<void> {
    await until(() => this.hasCaughtUp(), { what: `tcpdump on ${this.host.name} has read what has passed` });
  }

  /**
   * The packets, one line each as tcpdump prints them, without times.
   * @param filter pcap-filter(7), as `udp port 51821`; all when absent.
   */
  async packets(filter?: string): Promise<string[]> {
    const text = await this.host.output(['tcpdump', '-r', this.file, '-nntq', ...(filter ? [filter] : [])]);
    return text.split('\n').filter((line) => line !== '');
  }

  /** By the count that it gives upon a signal (tcpdump(8), SIGUSR1). On `lo` packets are counted twice. */
  private async hasCaughtUp(): Promise<boolean> {
    const before = this.tcpdump.stderr.length;
    await this.tcpdump.signal('SIGUSR1');
    const counts = () => COUNTS.exec(this.tcpdump.stderr.slice(before))?.slice(1).map(Number);
    const [captured, received, dropped] = await until(counts, { what: 'tcpdump counts' });
    this.lost = dropped!;
    return captured! + this.lost >= received!;
  }

  /** Whether these bytes were on the wire, within one packet. */
  async contains(bytes: string | Uint8Array): Promise<boolean> {
    const { stdout } = await this.host.run(['base64', '-w0', this.file]);
    const found = Buffer.from(stdout, 'base64').includes(Buffer.from(bytes));
    if (!found && this.lost > 0)
      throw new Error(
        `tcpdump on ${this.host.name} has lost ${this.lost} packets: they may have been in one`,
      );
    return found;
  }
}
