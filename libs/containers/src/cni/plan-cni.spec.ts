import { Subnet } from '#network';
import { CONFLIST, conflistOf } from './conflist.js';
import { planCni, planCniRemoval, type CniFiles } from './plan-cni.js';

const desired = { subnet: Subnet.parse('10.201.3.0/24'), mtu: 1420 };

function files(...texts: [string, string][]): CniFiles {
  return { directory: '/etc/cni/net.d', texts: new Map(texts) };
}

describe('the CNI network', () => {
  it('is a list of plugins on the bridge that is there, which neither addresses nor masquerades it', () => {
    expect(JSON.parse(conflistOf(desired))).toMatchObject({
      cniVersion: '1.0.0',
      name: 'banyan',
      plugins: [
        {
          type: 'bridge',
          bridge: 'banyan0',
          isGateway: false,
          ipMasq: false,
          mtu: 1420,
          ipam: {
            type: 'host-local',
            ranges: [
              [
                {
                  subnet: '10.201.3.0/24',
                  rangeStart: '10.201.3.2',
                  rangeEnd: '10.201.3.127',
                  gateway: '10.201.3.1',
                },
              ],
            ],
            routes: [{ dst: '0.0.0.0/0' }],
          },
        },
        { type: 'portmap', capabilities: { portMappings: true } },
      ],
    });
  });

  it('is written when there is none, and when it says something else', () => {
    expect(planCni(desired, files(['10-other.conflist', '{"name":"other"}'])).changes).toEqual([
      {
        what: 'write the CNI network banyan to /etc/cni/net.d/90-banyan.conflist',
        why: 'there is none',
      },
    ]);
    const narrower = conflistOf({ ...desired, mtu: 1380 });
    expect(planCni(desired, files([CONFLIST, narrower]))).toMatchObject({
      write: conflistOf(desired),
      changes: [{ why: 'it says something else' }],
    });
  });

  it('is left alone when it is as it should be', () => {
    expect(planCni(desired, files([CONFLIST, conflistOf(desired)]))).toEqual({ changes: [] });
  });

  it.each(['{"name":"mine","plugins":[]}', '', '{', 'null', '[]', '"banyan-agent"'])(
    'is not written over a file of its name that says %j',
    (text) => {
      expect(() => planCni(desired, files([CONFLIST, text]))).toThrow(/this agent did not write it/);
      expect(planCniRemoval(files([CONFLIST, text]))).toEqual([]);
    },
  );

  it('is not written beside another network of its name', () => {
    const other = '{"cniVersion":"1.0.0","name":"banyan","plugins":[]}';
    expect(() => planCni(desired, files(['10-mine.conflist', other]))).toThrow(
      'there is a CNI network banyan already, in "10-mine.conflist" of /etc/cni/net.d',
    );
  });

  it('is removed where it is ours', () => {
    expect(planCniRemoval(files([CONFLIST, conflistOf(desired)]))).toHaveLength(1);
    expect(planCniRemoval(files())).toEqual([]);
  });
});
