import type { Run } from '#host';
import { counterTable, countDatagrams } from './datagram-counter.js';

const COOKIE = Buffer.alloc(16, 0xab);

/** An nftables with one table at most, whose counters go up once work was done. */
class OneTable {
  loaded = '';
  readonly scripts: string[] = [];
  packets = { arrived: 0, admitted: 0 };
  /** Called at each look at the counters. */
  onLook = (): void => undefined;

  readonly run: Run = (_, args, options) => {
    if (options?.input !== undefined) {
      this.scripts.push(options.input);
      this.loaded = options.input;
      return Promise.resolve({ exitCode: 0, stdout: '', stderr: '' });
    }
    expect(args).toEqual(['-j', 'list', 'counters', 'table', 'inet', 'banyan_doctor']);
    this.onLook();
    const counters = Object.entries(this.packets).map(([name, packets]) => ({ counter: { name, packets } }));
    return Promise.resolve({
      exitCode: 0,
      stdout: JSON.stringify({ nftables: [{ metainfo: {} }, ...counters] }),
      stderr: '',
    });
  };
}

describe('counting datagrams', () => {
  it('looks for the cookie at the port, before all rules and behind them, and removes its table', async () => {
    const nft = new OneTable();
    const counted = await countDatagrams(nft.run, 51_820, COOKIE, () => {
      expect(nft.loaded).toContain(`udp dport 51820 @th,64,128 0x${'ab'.repeat(16)} counter name "arrived"`);
      nft.packets = { arrived: 3, admitted: 3 };
      return Promise.resolve({ awaited: 3, answer: 'sent' });
    });
    expect(counted).toEqual({ arrived: 3, admitted: 3, answer: 'sent' });
    expect(nft.loaded).toBe('add table inet banyan_doctor\ndelete table inet banyan_doctor\n');
  });

  it('waits for those on their way, and no longer than they may take', async () => {
    const nft = new OneTable();
    let looks = 0;
    nft.onLook = () => {
      looks += 1;
      if (looks === 2) nft.packets = { arrived: 3, admitted: 3 };
    };
    const counted = countDatagrams(nft.run, 51_820, COOKIE, () =>
      Promise.resolve({ awaited: 3, answer: undefined }),
    );
    expect(await counted).toMatchObject({ admitted: 3 });
  });

  it('removes its table also when the engine cannot be asked', async () => {
    const nft = new OneTable();
    const failing = countDatagrams(nft.run, 51_820, COOKIE, () => Promise.reject(new Error('gone')));
    await expect(failing).rejects.toThrow('gone');
    expect(nft.scripts).toHaveLength(2);
    expect(nft.loaded).not.toContain('chain');
  });

  it('takes no port and no cookie that is none', () => {
    expect(() => counterTable(0, COOKIE)).toThrow();
    expect(() => counterTable(51_820.5, COOKIE)).toThrow();
    expect(() => counterTable(51_820, COOKIE.subarray(1))).toThrow();
  });
});
