import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasRun, howItRuns, serviceLine } from './service-lines.js';

describe('the line that starts a service', () => {
  it.each([
    ['engine', 'created', 'unit', 'sudo systemctl enable --now banyan-engine'],
    ['engine', 'rotated', 'unit that ran', 'sudo systemctl restart banyan-engine'],
    ['engine', 'rotated', 'unit', 'sudo systemctl enable --now banyan-engine'],
    ['agent', 'created', 'unit', 'sudo systemctl enable --now banyan-guard banyan-agent'],
    ['agent', 'kept', 'unit that ran', 'sudo systemctl restart banyan-agent'],
    ['agent', 'kept', 'unit', 'sudo systemctl enable --now banyan-guard banyan-agent'],
    ['engine', 'created', 'program', 'sudo banyan-engine start'],
    ['agent', 'rotated', 'program', 'sudo banyan-agent start'],
  ] as const)('of an %s whose key was %s, which is a %s', (role, key, runs, line) => {
    expect(serviceLine({ role, key, config: '/etc/banyan/banyan.yaml' }, runs)).toBe(line);
  });

  it('is for a service that never ran as long as it has made no state directory', async () => {
    const stateDir = await mkdtemp(join(tmpdir(), 'banyan-state-'));
    expect(hasRun('agent', stateDir)).toBe(true);
    await rm(stateDir, { recursive: true });
    expect(hasRun('agent', stateDir)).toBe(false);
  });

  it('names a config that no unit reads', () => {
    const config = "/srv/ada's/banyan.yaml";
    expect(howItRuns('engine', config)).toBe('program');
    expect(serviceLine({ role: 'engine', key: 'created', config }, 'program')).toBe(
      "sudo banyan-engine start --config '/srv/ada'\\''s/banyan.yaml'",
    );
  });
});
