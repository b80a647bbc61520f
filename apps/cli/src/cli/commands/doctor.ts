import { DoctorCommand } from '../../doctor-command.js';

export default class Doctor extends DoctorCommand {
  static override readonly summary =
    'Find out what is wrong between this host and the engine, and what mends it.';
  protected override readonly role = 'cli';

  async run(): Promise<unknown> {
    const { flags } = await this.parse(Doctor);
    const [{ CHECKS }, { cliProbes }] = await Promise.all([
      import('../../doctor/catalogue.js'),
      import('../../doctor/system-probes.js'),
    ]);
    const probes = cliProbes(await this.configPath(flags.config));
    return this.examine(CHECKS.cli, probes, flags.bundle, async () => {
      const { answer } = await probes.contact();
      return answer instanceof Error ? { error: answer.message } : answer;
    });
  }
}
