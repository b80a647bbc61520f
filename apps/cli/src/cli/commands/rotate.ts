import { OperatorCommand } from '../operator-command.js';

export default class Rotate extends OperatorCommand {
  static override readonly summary = 'Replace the key of this operator by a new one, here and on the engine.';
  static override readonly description =
    'The engine is asked over a connection that proves the old key, and the new one has to prove itself. Whatever is ' +
    'cut off on the way, this host keeps both keys until the engine has settled for one. Where the engine has ' +
    '`key_rotation: "deny"`, the step that an administrator has to take is printed.';
  static override readonly examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --json',
  ];
  static override readonly answer =
    'an object: state, name, public_key, fingerprint, previous_fingerprint, tunnel_address, moved, offline; where the engine denies it also next, kept_in';

  async run(): Promise<unknown> {
    const { flags } = await this.parse(Rotate);
    const settings = await this.loadSettings('cli', flags.config);
    const [{ rotateHere, SpareKey }, { rotationJson, rotationText }] = await Promise.all([
      import('#rotation'),
      import('../../rotation-report.js'),
    ]);
    const report = await rotateHere({
      settings,
      open: (key) => this.connect({ ...settings, privateKey: key }),
      say: (sentence) => this.progress(sentence),
    });
    for (const warning of report.warnings) this.warning(warning);
    const { path } = new SpareKey(settings.stateDir, 'cli');
    this.line(rotationText(report, path));
    return rotationJson(report, path);
  }
}
