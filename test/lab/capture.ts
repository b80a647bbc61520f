import type { Host } from './host.js';
import type { Process } from './process.js';

/** What passes an interface of a host, recorded by tcpdump from the moment it says that it listens. */
export class Capture {
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
    await this.tcpdump.signal('SIGINT');
    await this.tcpdump.ended;
  }

  /**
   * The packets, one line each as tcpdump prints them, without times.
   * @param filter pcap-filter(7), as `udp port 51821`; all when absent.
   */
  async packets(filter?: string): Promise<string[]> {
    const text = await this.host.output(['tcpdump', '-r', this.file, '-nntq', ...(filter ? [filter] : [])]);
    return text.split('\n').filter((line) => line !== '');
  }

  /** Whether these bytes were on the wire, within one packet. */
  async contains(bytes: string | Uint8Array): Promise<boolean> {
    const { stdout } = await this.host.run(['base64', '-w0', this.file]);
    return Buffer.from(stdout, 'base64').includes(Buffer.from(bytes));
  }
}
