import type { NetworkPeer, SyncResponse } from '#protocol';
import { NetworkFeed } from './feed.js';
import { NetworkStream } from './network-stream.js';

function peer(publicKey: string): NetworkPeer {
  return { name: publicKey, publicKey, subnet: '', host: '', atEngine: false, port: 0, endpointRevision: 0 };
}

describe('what an agent is sent', () => {
  let network: { feed: NetworkFeed; storeId: string; vpcCidr: string; adopted: boolean };
  let written: SyncResponse['message'][];
  let full: boolean;
  let stream: NetworkStream;

  const open = (): NetworkStream =>
    new NetworkStream(network, '10.201.0.0/24', {
      get full() {
        return full;
      },
      write: ({ message }) => written.push(message),
    });

  beforeEach(() => {
    network = { feed: new NetworkFeed(10), storeId: 's', vpcCidr: '10.201.0.0/16', adopted: false };
    network.feed.publish([peer('a')]);
    written = [];
    full = false;
    stream = open();
  });

  it('is the whole network first, and then what became another', () => {
    stream.flush();
    network.feed.publish([peer('a'), peer('b')]);
    stream.flush();
    stream.flush();
    expect(written).toEqual([
      {
        $case: 'snapshot',
        value: {
          storeId: 's',
          revision: 11,
          vpcCidr: '10.201.0.0/16',
          subnet: '10.201.0.0/24',
          peers: [peer('a')],
          adopted: false,
        },
      },
      {
        $case: 'delta',
        value: { base: 11, revision: 12, changed: [peer('b')], removed: [], adopted: false },
      },
    ]);
  });

  it('is one delta for all that changed while it did not read', () => {
    stream.flush();
    full = true;
    for (const name of ['b', 'c', 'd']) {
      network.feed.publish([peer('a'), peer(name)]);
      stream.flush();
    }
    expect(written).toHaveLength(1);
    full = false;
    stream.flush();
    expect(written[1]).toMatchObject({
      $case: 'delta',
      value: { base: 11, revision: 14, changed: [peer('d')], removed: ['b', 'c'] },
    });
    expect(stream.sent).toBe(14);
  });

  it('is the same message for all that lack the same', () => {
    const other = open();
    stream.flush();
    other.flush();
    network.feed.publish([]);
    stream.flush();
    other.flush();
    expect(written[2]).toBe(written[3]);
  });

  it('says that the store was adopted though no peer changed', () => {
    stream.flush();
    network.adopted = true;
    network.feed.touch();
    stream.flush();
    expect(written[1]).toMatchObject({ $case: 'delta', value: { changed: [], removed: [], adopted: true } });
  });
});
