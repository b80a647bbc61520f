import { DoctorCommand } from '../../doctor-command.js';

export default class Doctor extends DoctorCommand {
  static override readonly summary =
    'Find out what is wrong with the engine and its host, and what mends it.';
  protected override readonly role = 'engine';

  async run(): Promise<unknown> {
    const { flags } = await this.parse(Doctor);
    const [{ CHECKS }, { engineProbes }] = await Promise.all([
      import('../../doctor/catalogue.js'),
      import('../../doctor/system-probes.js'),
    ]);
    const probes = engineProbes(await this.configPath(flags.config));
    return this.examine(CHECKS.engine, probes, flags.bundle, () => probes.status());
  }
}
