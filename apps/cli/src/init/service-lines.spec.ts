import { runsAsUnit, serviceLine } from './service-lines.js';

describe('the line that starts a service', () => {
  it.each([
    ['engine', 'created', true, 'sudo systemctl enable --now banyan-engine'],
    [
      'engine',
      'rotated',
      true,
      'sudo systemctl enable banyan-engine && sudo systemctl restart banyan-engine',
    ],
    ['agent', 'created', true, 'sudo systemctl enable --now banyan-guard banyan-agent'],
    [
      'agent',
      'kept',
      true,
      'sudo systemctl enable banyan-guard banyan-agent && sudo systemctl restart banyan-agent',
    ],
    ['engine', 'created', false, 'sudo banyan-engine start'],
    ['agent', 'rotated', false, 'sudo banyan-agent start'],
  ] as const)('of an %s whose key was %s, known to systemd: %s', (role, key, isUnit, line) => {
    expect(serviceLine({ role, key, config: '/etc/banyan/banyan.yaml' }, isUnit)).toBe(line);
  });

  it('names a config that no unit reads', () => {
    const config = "/srv/ada's/banyan.yaml";
    expect(runsAsUnit('engine', config)).toBe(false);
    expect(serviceLine({ role: 'engine', key: 'created', config }, false)).toBe(
      "sudo banyan-engine start --config '/srv/ada'\\''s/banyan.yaml'",
    );
  });
});
