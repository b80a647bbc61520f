import { checkSection } from '#config';
import { firewallLines } from './firewall-lines.js';

const of = (role: 'engine' | 'agent' | 'cli', section: object) =>
  firewallLines(role, checkSection(role, { engine_host: 'e', ...section }, 'banyan.yaml').section);

describe('the lines for a firewall', () => {
  it('open the ports of the engine', () => {
    const lines = firewallLines(
      'engine',
      checkSection('engine', { grpc_port: '1234' }, 'banyan.yaml').section,
    );
    expect(lines.ufw).toEqual(['ufw allow 1234/tcp', 'ufw allow 51821/udp']);
    expect(lines.firewalld).toEqual([
      'firewall-cmd --permanent --add-port=1234/tcp --add-port=51821/udp',
      'firewall-cmd --reload',
    ]);
  });

  it('let agents reach one another and containers, and the engine be called', () => {
    const { nftables, ufw, firewalld } = of('agent', { wg_port: '4500' });
    expect(nftables.map((line) => line.replace('nft insert rule inet filter ', ''))).toEqual([
      'input udp dport 4500 accept',
      'forward iifname banyan0 accept',
      'forward oifname banyan0 accept',
      'output tcp dport 50051 accept',
      'output udp dport 51821 accept',
    ]);
    expect(ufw).toContain('ufw allow 4500/udp');
    expect(ufw).toContain('ufw route allow out on banyan0');
    expect(firewalld.at(-1)).toBe('firewall-cmd --reload');
    expect(firewalld.filter((line) => line === 'firewall-cmd --reload')).toHaveLength(1);
  });

  it('let an operator call, and open nothing', () => {
    expect(of('cli', {}).nftables).toEqual([
      'nft insert rule inet filter output tcp dport 50051 accept',
      'nft insert rule inet filter output udp dport 51821 accept',
    ]);
  });
});
