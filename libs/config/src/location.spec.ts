import { defaultConfigPath, defaultStateDir } from './location.js';

const root = { uid: 0, env: {}, home: '/root' };
const ada = { uid: 1000, env: {}, home: '/home/ada' };

describe('where the config is', () => {
  it('is /etc/banyan for every role as root, and for engine and agent always', () => {
    expect(defaultConfigPath('cli', root)).toBe('/etc/banyan/banyan.yaml');
    expect(defaultConfigPath('agent', ada)).toBe('/etc/banyan/banyan.yaml');
    expect(defaultStateDir('agent', ada)).toBe('/var/lib/banyan/agent');
  });

  it("is in an ordinary user's own directories for banyan-cli", () => {
    expect(defaultConfigPath('cli', ada)).toBe('/home/ada/.config/banyan/banyan.yaml');
    expect(defaultStateDir('cli', ada)).toBe('/home/ada/.local/state/banyan');
    const env = { XDG_CONFIG_HOME: '/c', XDG_STATE_HOME: 'relative' };
    expect(defaultConfigPath('cli', { ...ada, env })).toBe('/c/banyan/banyan.yaml');
    expect(defaultStateDir('cli', { ...ada, env })).toBe('/home/ada/.local/state/banyan');
  });

  it('is what BANYAN_CONFIG says', () => {
    expect(defaultConfigPath('engine', { ...ada, env: { BANYAN_CONFIG: '/x.yaml' } })).toBe('/x.yaml');
  });
});
