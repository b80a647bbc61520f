import { execa } from 'execa';
import { join } from 'node:path';
import { Lab } from '../lab/index.js';
import { checkoutRoot } from '../lab/checkout.js';
import { printedCommand } from './printed-command.js';
import { sortWire } from './wire.js';

describe('the demo', () => {
  it('does what the README promises, and sees nothing but WireGuard on the wire', async () => {
    const { exitCode, all } = await execa('node', [join(checkoutRoot(), 'dist/test/demo/demo.js')], {
      all: true,
      reject: false,
      timeout: 280_000,
    });
    expect(`${all}\nexit code ${exitCode}`).toMatch(
      /Nothing but WireGuard was on the wire, the page never in clear[^]*exit code 0$/,
    );
  }, 300_000);

  it('would notice a single packet of anything else', async () => {
    const lab = await Lab.create('wire');
    try {
      const [a, b] = [await lab.host('alpha'), await lab.host('beta')];
      const capture = await lab.capture(a);
      await a.output(['ping', '-c', '1', b.address]);
      await capture.stop();
      const { wireguard, other } = await sortWire(capture);
      expect(wireguard).toEqual([]);
      expect(other).toEqual([expect.stringContaining('echo request'), expect.stringContaining('echo reply')]);
    } finally {
      await lab.destroy();
    }
  });

  it('runs the line that init printed, as a person would paste it', () => {
    const output = "Next, on the engine:\n  sudo banyan-engine add-client --name w --pubkey 'a+/='\n";
    expect(printedCommand(output, 'banyan-engine add-client')).toEqual([
      ...['banyan-engine', 'add-client', '--name', 'w', '--pubkey', 'a+/='],
    ]);
    expect(() => printedCommand('nothing', 'banyan-engine')).toThrow(/no line/);
  });
});
