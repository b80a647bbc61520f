import { ScriptedRun } from '../../../wireguard/src/testing/scripted-run.js';
import { sysctl } from './sysctl.js';

const READ =
  'sysctl --ignore net.ipv4.ip_forward net.ipv4.conf.all.rp_filter net.ipv4.conf.default.rp_filter net.ipv4.conf.banyan-wg.rp_filter';

function shown(forward: number, all: number, others: Record<string, number>): string {
  const rest = Object.entries(others).map(([name, value]) => `net.ipv4.conf.${name}.rp_filter = ${value}`);
  return [`net.ipv4.ip_forward = ${forward}`, `net.ipv4.conf.all.rp_filter = ${all}`, ...rest].join('\n');
}

describe('the settings of the kernel', () => {
  const script = new ScriptedRun();
  const kernel = sysctl(script.run);
  afterEach(() => script.done());

  it.each([
    ['the own filter where that is stricter', shown(1, 0, { default: 0, 'banyan-wg': 1 }), true, 1],
    ['that of all where that is stricter', shown(0, 2, { default: 1, 'banyan-wg': 1 }), false, 2],
    ['what a new interface begins with, while there is none', shown(1, 0, { default: 1 }), true, 1],
  ])('are read with %s', async (_, stdout, forwarding, reversePath) => {
    script.expect({ command: READ, stdout });
    expect(await kernel.read()).toEqual({ forwarding, reversePath });
  });

  it('are written one by one', async () => {
    script.expect({ command: 'sysctl --write net.ipv4.ip_forward=1' });
    await kernel.set('net.ipv4.ip_forward', 1);
  });

  it.each([0, 1, 255])(
    'are not written where sysctl complains, whatever its exit code (%d)',
    async (exitCode) => {
      const stderr = 'sysctl: permission denied on key "net.ipv4.ip_forward"\n';
      script.expect({ command: 'sysctl --write net.ipv4.ip_forward=1', exitCode, stderr });
      await expect(kernel.set('net.ipv4.ip_forward', 1)).rejects.toMatchObject({
        kind: 'host',
        message: expect.stringContaining('permission denied') as string,
        remedy: expect.stringContaining('/proc/sys') as string,
      });
    },
  );
});
