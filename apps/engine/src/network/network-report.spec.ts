import { Link } from '#protocol';
import { NetworkReport } from './network-report.js';

describe('what an agent says of the network on its host', () => {
  let report: NetworkReport;
  const ack = (revision: number, changes = {}) => ({
    storeId: 's',
    revision,
    refused: '',
    held: false,
    ...changes,
  });

  beforeEach(() => (report = new NetworkReport('s')));

  it('is the revision it applied, and why not a newer one', () => {
    expect(report.acknowledged(ack(5, { refused: 'subnets overlap' }), 7)).toBe(true);
    expect([report.appliedRevision, report.refused]).toEqual([5, 'subnets overlap']);
  });

  it('is not believed about a revision it was not sent', () => {
    report.acknowledged(ack(5), 5);
    expect(report.acknowledged(ack(8), 7)).toBe(false);
    expect(report.appliedRevision).toBe(5);
  });

  it('is no revision of ours while it keeps the network of another store', () => {
    expect(report.acknowledged(ack(900, { storeId: 'lost', held: true }), 7)).toBe(true);
    expect([report.appliedRevision, report.held]).toEqual([0, true]);
  });

  it('is no revision of ours while it keeps a later network, of this store before it went back in time', () => {
    expect(report.acknowledged(ack(900, { held: true }), 7)).toBe(true);
    expect([report.appliedRevision, report.held]).toEqual([0, true]);
  });

  it('is printable and short, whatever it sends', () => {
    report.acknowledged(ack(1, { refused: '\u001b[2Jhello\n' + 'x'.repeat(10_000) }), 1);
    expect(report.refused).toMatch(/^\?\[2Jhello\?x{502}$/);
  });

  it('has one link for each peer there is, and none for others', () => {
    const link = (publicKey: string, sentBytes: number) => Link.fromPartial({ publicKey, sentBytes });
    const said = { links: [link('a', 1), link('nobody', 1), link('a', 2)], leftOut: 0 };
    void report.nextLinks(1);
    expect(report.reported(said, (key) => key === 'a').links).toEqual([link('a', 2)]);
    expect(report.links).toEqual([link('a', 2)]);
    expect(report.linksAtMs).toBeGreaterThan(0);
  });

  it('keeps its links when it says only some of them', () => {
    const link = (publicKey: string) => Link.fromPartial({ publicKey });
    void report.nextLinks(1);
    report.reported({ links: [link('a'), link('b')], leftOut: 0 }, () => true);
    expect(report.reported({ links: [link('b')], leftOut: 1 }, () => true).links).toHaveLength(1);
    expect(report.links).toHaveLength(2);
  });

  it('has its links once somebody wanted them of it alone, also when they come late', async () => {
    const said = { links: [Link.fromPartial({ publicKey: 'a' })], leftOut: 0 };
    report.reported(said, () => true);
    expect([report.links, report.linksAtMs]).toEqual([[], 0]);
    await report.nextLinks(1);
    report.reported(said, () => true);
    expect(report.links).toHaveLength(1);
  });

  it('does not have more links up than wanted', () => {
    report.counted({ up: 9, wanted: 2 });
    expect(report.count).toEqual({ up: 2, wanted: 2 });
  });

  it('is waited for until it comes, or the limit', async () => {
    const asked = Date.now();
    const answered = report.nextLinks(120_000);
    report.reported({ links: [], leftOut: 0 }, () => true);
    await answered;
    await report.nextLinks(1);
    expect(Date.now() - asked).toBeLessThan(60_000);
  });
});
