import { boolean } from '@oclif/core/flags';
import { EngineCommand } from '../engine-command.js';

const QUESTIONS = {
  rotate: 'Give the engine a new key? Clients learn it by the old one, which is destroyed when all have.',
  compromised:
    'Give the engine a new key and answer by the old one no more? Every client must be told by hand.',
  forget: 'Answer by the previous key no more? Who has not learned the new one must be told by hand.',
};

export default class Rotate extends EngineCommand {
  static override readonly summary = "Renew the engine's key: clients learn the new one by the old one.";
  static override readonly description =
    'The engine goes on answering by the old key until every admitted client has learned the new one; the old one is destroyed then. Containers talk on all the while. A key that somebody else may have must be replaced with --compromised: it could teach clients whatever its thief likes.';
  static override readonly examples = [
    'sudo <%= config.bin %> <%= command.id %>',
    "sudo <%= config.bin %> <%= command.id %> --yes --json | jq '.not_learned'",
    'sudo <%= config.bin %> <%= command.id %> --forget',
    'sudo <%= config.bin %> <%= command.id %> --compromised',
  ];
  static override readonly answer =
    'an object: rotation, public_key, fingerprint, previous_fingerprint, answers_by_previous, learned, not_learned, running, by_hand';
  static override readonly flags = {
    compromised: boolean({
      description: 'the old key may be in other hands: it teaches nobody, and is answered by no more',
      exclusive: ['forget'],
    }),
    forget: boolean({
      description: 'end a rotation that is under way, without those who have not learned the new key',
    }),
    yes: boolean({ char: 'y', description: 'do not ask' }),
  };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(Rotate);
    const settings = await this.loadSettings('engine', flags.config);
    const what = flags.compromised ? 'compromised' : flags.forget ? 'forget' : 'rotate';
    if (!flags.yes) await this.confirm(QUESTIONS[what]);
    const [{ forget, replaceCompromised, rotate, whyUnreachable }, { rotationReport, rotationText }] =
      await Promise.all([import('../rotate.js'), import('../rotation-report.js')]);
    const act = { rotate, compromised: replaceCompromised, forget }[what];
    return this.withEngine(settings, async (engine) => {
      if (engine === undefined) {
        if ((await whyUnreachable(settings)) === undefined)
          this.notRunning('the files are changed, and count from its next start.');
      } else if (what === 'rotate') process.stderr.write('Waiting up to 5 s for agents that are online.\n');
      const rotated = await act(settings, engine);
      for (const warning of rotated.warnings) this.warning(warning);
      this.line(rotationText(rotated));
      return rotationReport(rotated);
    });
  }

  private async confirm(question: string): Promise<void> {
    const [{ terminal }, { BanyanError }, { UsageError }] = await Promise.all([
      import('../../init/prompts.js'),
      import('#errors'),
      import('../../usage-error.js'),
    ]);
    const ask = this.jsonEnabled() ? undefined : terminal();
    if (!ask) throw new UsageError('there is no terminal to ask on', 'banyan-engine rotate --yes');
    if (await ask.confirm(question)) return;
    throw new BanyanError('conflict', 'the key was not touched', {
      remedy: 'banyan-engine rotate --help says what it does.',
    });
  }
}
