import { renderTable } from '#firewall';
import { sampleNetwork } from '../testing/sample.js';
import { dataPlaneTables, type DataPlaneRules } from './tables.js';

/** The rules of one chain, as nft takes them, for 10.201.1.0/24 in 10.201.0.0/16. */
function rules(chain: string, changes: Partial<DataPlaneRules> = {}): string[] {
  const network = sampleNetwork();
  const [table] = dataPlaneTables({ network, hostAccess: false, forwardingWasOff: false, ...changes });
  const lines = renderTable(table!)
    .split('\n')
    .map((line) => line.trim());
  const start = lines.indexOf(`chain ${chain} {`);
  return lines.slice(start + 2, lines.indexOf('}', start));
}

const LEAVES = 'oifname != "banyan-wg" oifname != "banyan0" oifname != "lo"';

describe('the rules of the container network', () => {
  it('drop, before connection tracking, what lies about where it comes from', () => {
    expect(rules('prerouting')).toEqual([
      'iifname "banyan-wg" ip saddr 10.201.0.0/16 ip saddr != 10.201.1.0/24 accept',
      'iifname "banyan0" ip saddr 10.201.1.0/24 ip daddr != 10.200.0.0/16 accept',
      'iifname "banyan-wg" drop',
      'iifname "banyan0" drop',
      'ip saddr 10.201.0.0/16 iifname != "lo" drop',
      'ip daddr 10.201.0.0/16 iifname != "lo" drop',
    ]);
  });

  it('mark what translation brings to the network, for the routing rules', () => {
    const arrives = 'iifname != "banyan-wg" iifname != "banyan0" iifname != "lo"';
    expect(rules('translated')).toEqual([
      `ip daddr 10.201.0.0/16 ${arrives} meta mark set meta mark | 0x00001000`,
    ]);
  });

  it('let nothing of the network leave by anything else, from here or passing', () => {
    expect(rules('output')).toEqual([`ip daddr 10.201.0.0/16 ${LEAVES} drop`]);
  });

  it('forward between peers and containers, and what a port mapping brings; no more', () => {
    expect(rules('forward')).toEqual([
      'iifname "banyan-wg" tcp flags & (syn | rst) == syn tcp option maxseg size set rt mtu',
      'iifname "banyan-wg" oifname "banyan0" accept',
      'iifname "banyan-wg" drop',
      'oifname "banyan-wg" tcp flags & (syn | rst) == syn tcp option maxseg size set rt mtu',
      'iifname "banyan0" oifname "banyan-wg" accept',
      `ip daddr 10.201.0.0/16 ${LEAVES} drop`,
      'iifname "banyan0" accept',
      'oifname "banyan0" ct state established,related accept',
      'oifname "banyan0" ct status dnat accept',
      'oifname "banyan0" drop',
      'oifname "banyan-wg" drop',
    ]);
  });

  it('keep a host that was no router from becoming one, but for Docker', () => {
    expect(rules('forward', { forwardingWasOff: true }).slice(-5)).toEqual([
      'ct state established,related accept',
      'ct status dnat accept',
      'iifname "docker0" accept',
      'iifname "br-*" accept',
      'drop',
    ]);
  });

  it('let peers reach nothing of the host but an echo, unless it is to be reached', () => {
    expect(rules('input')).toEqual([
      'iifname != "banyan-wg" accept',
      'ct state established,related accept',
      'icmp type echo-request accept',
      'drop',
    ]);
    expect(rules('input', { hostAccess: true })).toEqual([]);
  });

  it('hide containers behind the host on the way out of the network, and never within it', () => {
    expect(rules('nat_postrouting')).toEqual([
      `${LEAVES} ip saddr 10.201.1.0/24 ip daddr != 10.201.0.0/16 masquerade`,
    ]);
  });
});
