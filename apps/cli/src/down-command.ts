import type { Role, SettingsOf } from '#config';
import type { Removal } from '#tunnel';
import { BanyanCommand } from './base-command.js';

const SENTENCES: Readonly<Record<Removal['interface'], string>> = {
  removed: 'The control tunnel is down.',
  absent: 'There was no control tunnel.',
  'not ours': 'The control tunnel on this host belongs to another component; it was left alone.',
};

/** Takes what a role made on this host down. */
export abstract class DownCommand extends BanyanCommand {
  /** The control tunnel, with its firewall rules. */
  protected async takeTunnelDown(
    role: Role,
    settings: SettingsOf<Role>,
  ): Promise<{ readonly tunnel: Removal['interface'] }> {
    const removal = await removeTunnel(role, settings);
    if (removal.warning !== undefined) this.warning(removal.warning);
    this.line(SENTENCES[removal.interface]);
    return { tunnel: removal.interface };
  }

  protected async requireRoot(): Promise<void> {
    if (process.geteuid?.() === 0) return;
    const { BanyanError } = await import('#errors');
    throw new BanyanError('host', 'only root can take this down', {
      remedy: `sudo ${this.config.bin} ${this.id ?? ''}`.trim(),
    });
  }
}

async function removeTunnel(role: Role, { privateKey }: SettingsOf<Role>): Promise<Removal> {
  const [{ ClientTunnel, EngineTunnel, systemTunnelHost }, { run }, { SILENT: log }] = await Promise.all([
    import('#tunnel'),
    import('#host'),
    import('#log'),
  ]);
  const host = systemTunnelHost(run);
  if (role !== 'engine') return new ClientTunnel({ host, log, role, privateKey }).down();
  return new EngineTunnel({ host, log, privateKey, ports: [] }).remove();
}
