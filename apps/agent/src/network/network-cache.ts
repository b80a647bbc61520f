import { readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isIP } from 'node:net';
import { PublicKey } from '#crypto';
import { BanyanError, codeOf, messageOf } from '#errors';
import { fileError, makeDirectory, writeFileAtomic } from '#host';
import { checkNetwork, Subnet, type Network } from '#network';
import type { NetworkPeer } from '#protocol';
import { messageOfPeer, peerOf } from './peer-message.js';

/** The network that an agent built last, and what it needs besides to build it again without its engine. */
export interface KnownNetwork {
  readonly network: Network;
  /** Of the engine that described it: another engine's network is another network. */
  readonly engineKey: PublicKey;
  /** The key that the same engine has said it has now, while it may be known by either. */
  readonly nextEngineKey?: PublicKey | undefined;
  /** IP address by which this host reached that engine. */
  readonly engineAddress: string;
}

/** Whether an engine with this key is the one that described the network, before a rotation of its key or after. */
export function isOf({ engineKey, nextEngineKey }: KnownNetwork, key: PublicKey): boolean {
  return engineKey.equals(key) || nextEngineKey?.equals(key) === true;
}

const FORMAT = 1;

interface Saved {
  readonly format: number;
  readonly engineKey: string;
  readonly nextEngineKey?: string | undefined;
  readonly engineAddress: string;
  readonly storeId: string;
  readonly revision: number;
  readonly vpcCidr: string;
  readonly subnet: string;
  readonly peers: readonly NetworkPeer[];
}

/** `network.json` of an agent's state directory. Keys in it are public; it says where everybody is. */
export class NetworkCache {
  readonly path: string;

  constructor(private readonly stateDir: string) {
    this.path = join(stateDir, 'network.json');
  }

  /**
   * For the agent itself.
   *
   * @returns undefined when there is none.
   * @throws BanyanError `host` when it is no network: it has been set aside then, and is never taken for an
   *   empty one.
   */
  async read(): Promise<KnownNetwork | undefined> {
    const text = await this.#text();
    if (text === undefined) return undefined;
    try {
      return parse(text);
    } catch (cause) {
      const aside = `${this.path}.damaged`;
      await rename(this.path, aside);
      throw new BanyanError('host', `${this.#unreadable(cause)}; it was set aside as ${aside}`, {
        remedy: 'What runs on this host stays as it is until the engine is reached.',
        cause,
      });
    }
  }

  /** As {@link read}, for those who change nothing. @throws BanyanError `host` when it is no network. */
  async peek(): Promise<KnownNetwork | undefined> {
    const text = await this.#text();
    try {
      return text === undefined ? undefined : parse(text);
    } catch (cause) {
      throw new BanyanError('host', this.#unreadable(cause), {
        remedy: 'The agent sets it aside at its next start, and takes what the engine says.',
        cause,
      });
    }
  }

  async #text(): Promise<string | undefined> {
    try {
      return await readFile(this.path, 'utf8');
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw fileError('read', this.path, error);
    }
  }

  #unreadable(cause: unknown): string {
    return `the last network in ${this.path} cannot be read (${messageOf(cause)})`;
  }

  async write({ network, engineKey, nextEngineKey, engineAddress }: KnownNetwork): Promise<void> {
    const { storeId, revision, vpcCidr, subnet, peers } = network;
    const saved: Saved = {
      format: FORMAT,
      engineKey: engineKey.text,
      nextEngineKey: nextEngineKey?.text,
      engineAddress,
      storeId,
      revision,
      vpcCidr: vpcCidr.text,
      subnet: subnet.text,
      peers: peers.map(messageOfPeer),
    };
    await makeDirectory(this.stateDir, 0o700);
    await writeFileAtomic(this.path, JSON.stringify(saved) + '\n', 0o600);
  }

  async remove(): Promise<void> {
    await rm(this.path, { force: true });
  }
}

function parse(text: string): KnownNetwork {
  const saved = JSON.parse(text) as Partial<Saved> | null;
  if (saved?.format !== FORMAT) throw new Error(`its format is not ${FORMAT}`);
  const { engineKey, nextEngineKey, engineAddress, storeId, revision, vpcCidr, subnet, peers } = saved;
  if (typeof engineAddress !== 'string' || isIP(engineAddress) === 0) throw new Error('it names no engine');
  if (typeof storeId !== 'string' || !Number.isSafeInteger(revision) || !Array.isArray(peers))
    throw new Error('a part of it is missing');
  const network: Network = {
    storeId,
    revision: revision!,
    vpcCidr: Subnet.parse(String(vpcCidr)),
    subnet: Subnet.parse(String(subnet)),
    peers: (peers as NetworkPeer[]).map(readPeer),
  };
  checkNetwork(network, []);
  return {
    network,
    engineKey: PublicKey.parse(String(engineKey)),
    ...(nextEngineKey === undefined ? {} : { nextEngineKey: PublicKey.parse(String(nextEngineKey)) }),
    engineAddress,
  };
}

/** With the types that it has when it is whole. */
function readPeer(peer: Partial<NetworkPeer>): ReturnType<typeof peerOf> {
  return peerOf({
    name: String(peer.name),
    publicKey: String(peer.publicKey),
    subnet: String(peer.subnet),
    host: String(peer.host),
    atEngine: peer.atEngine === true,
    port: Number(peer.port),
    endpointRevision: Number(peer.endpointRevision),
  });
}
