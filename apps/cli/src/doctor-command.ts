import { resolve } from 'node:path';
import { string } from '@oclif/core/flags';
import { BanyanCommand } from './base-command.js';
import type { Check } from './doctor/check.js';
import type { HostProbes } from './doctor/probes.js';

/** `doctor` of each program: its checks on this host, and what it would put into a bundle beside them. */
export abstract class DoctorCommand extends BanyanCommand {
  static override readonly description =
    'Looks, and changes nothing. Each line is ok, warn or fail, says what it means, and names the command that mends it. Ends with 1 when something failed.';
  static override readonly answer = 'an array: check, state, detail, remedy';
  static override readonly flags = {
    bundle: string({
      description: 'also write an archive (.tar.gz) for a bug report, without private keys',
      helpValue: 'FILE',
    }),
  };
  static override readonly examples = [
    'sudo <%= config.bin %> <%= command.id %>',
    {
      description: 'Only what is not well',
      command: 'sudo <%= config.bin %> <%= command.id %> --json | jq \'.[] | select(.state != "ok")\'',
    },
    {
      description: 'What to attach to a bug report',
      command: 'sudo <%= config.bin %> <%= command.id %> --bundle banyan.tar.gz',
    },
  ];

  /** @param status what `status` would say, for the bundle. */
  protected async examine<P extends HostProbes>(
    checks: readonly Check<P>[],
    probes: P,
    bundle: string | undefined,
    status: () => Promise<unknown>,
  ): Promise<unknown> {
    const { examine } = await import('./doctor/check.js');
    const { examinedJson, examinedText, verdict, withoutRepetition } = await import('./doctor/report.js');
    const shortened = withoutRepetition();
    const examined = await examine(checks, probes, (one) => this.line(examinedText(shortened(one))));
    this.line();
    this.line(verdict(examined));
    if (bundle !== undefined) {
      const { writeBundle } = await import('./doctor/bundle.js');
      const path = resolve(bundle);
      await writeBundle(path, {
        role: this.role,
        configPath: probes.configPath,
        examined,
        status,
      });
      process.stderr.write(`Written: ${path}. It has no private key; look into it before you send it.\n`);
    }
    if (examined.some(({ state }) => state === 'fail')) process.exitCode = 1;
    return examined.map(examinedJson);
  }
}
