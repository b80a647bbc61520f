import { EtcdServer } from './etcd-server.js';

/** Three real etcds on loopback that are one cluster. */
export class EtcdCluster {
  private constructor(readonly members: readonly EtcdServer[]) {}

  static async start(): Promise<EtcdCluster> {
    const members = await Promise.all([0, 1, 2].map(() => EtcdServer.prepare()));
    const all = members.map(({ peerAddress }, number) => `m${number}=${peerAddress}`).join(',');
    const cluster = new EtcdCluster(members);
    try {
      // Together: none of them is well before there are two.
      await Promise.all(
        members.map((member, number) => member.start({ name: `m${number}`, 'initial-cluster': all })),
      );
    } catch (error) {
      await cluster.destroy();
      throw error;
    }
    return cluster;
  }

  get addresses(): string[] {
    return this.members.map(({ address }) => address);
  }

  async destroy(): Promise<void> {
    await Promise.all(this.members.map((member) => member.destroy()));
  }
}
