import { BanyanCommand } from '../../base-command.js';

export default class Containers extends BanyanCommand {
  static override readonly summary =
    'List the containers of this host that are on the network, with their addresses.';
  static override readonly description =
    'Asks Docker, and reads the leases of CNI runtimes. Needs no engine.';
  static override readonly examples = [
    'sudo <%= config.bin %> <%= command.id %>',
    "sudo <%= config.bin %> <%= command.id %> --json | jq -r '.[].address'",
  ];
  static override readonly answer = 'an array: name, address, kind';
  protected override readonly role = 'agent';

  async run(): Promise<unknown> {
    await this.parse(Containers);
    const { containerNetworks } = await import('../network-plan.js');
    const { table } = await import('../../table.js');
    const containers = await containerNetworks().list();
    if (containers.length === 0) this.line('No container of this host is on the network.');
    else {
      const rows = containers.map(({ name, address, kind }) => [address, kind, name ?? '-']);
      this.line(table(['ADDRESS', 'BY', 'CONTAINER'], rows));
    }
    return containers.map(({ name = null, address, kind }) => ({ name, address, kind }));
  }
}
