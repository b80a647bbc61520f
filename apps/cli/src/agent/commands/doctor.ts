import { DoctorCommand } from '../../doctor-command.js';

export default class Doctor extends DoctorCommand {
  static override readonly summary =
    'Find out what is wrong with the agent, its host and its links, and what mends it.';
  protected override readonly role = 'agent';

  async run(): Promise<unknown> {
    const { flags } = await this.parse(Doctor);
    const [{ CHECKS }, { agentProbes }] = await Promise.all([
      import('../../doctor/catalogue.js'),
      import('../../doctor/system-probes.js'),
    ]);
    const probes = agentProbes(await this.configPath(flags.config));
    return this.examine(CHECKS.agent, probes, flags.bundle, () => probes.status());
  }
}
