import { openDoors, otherWriters, type Permissions } from './other-writers.js';

const ENGINE = 990;
const permissions = (mode: number, uid = 0, gid = 0): Permissions => ({
  mode: BigInt(mode),
  uid: BigInt(uid),
  gid: BigInt(gid),
});

describe('who may write besides root and the engine', () => {
  it.each([
    ['0700 of root', permissions(0o40700), undefined],
    ['0755 of root', permissions(0o40755), undefined],
    ['0700 of the engine', permissions(0o40700, ENGINE, ENGINE), undefined],
    ['0770 of root and its group, who are root anyway', permissions(0o40770), undefined],
    ['0770 of root and another group', permissions(0o40770, 0, 50), 'the group 50'],
    ['0777 of root', permissions(0o40777), 'every user'],
    ['1777, where others may still add', permissions(0o41777), 'every user'],
    ['0644 of somebody', permissions(0o100644, 1000, 1000), 'the user 1000'],
  ])('%s', (_, found, who) => {
    expect(otherWriters(found, ENGINE)).toBe(who);
  });
});

describe('a keys directory', () => {
  const directory = (found: Permissions) => ({ path: '/keys', permissions: found });
  const closed = permissions(0o100644);

  it('that is root’s alone is nothing to speak of', () => {
    const files = [['a.pub', closed] as const, ['dangling.pub', undefined] as const];
    expect(openDoors(directory(permissions(0o40755)), files, ENGINE)).toEqual([]);
  });

  it('is told who can write to it, and what to do', () => {
    expect(openDoors(directory(permissions(0o40777)), [], ENGINE)).toEqual([
      'every user can write to the keys directory /keys and so let keys in. Try: chown root /keys && chmod go-w /keys',
    ]);
  });

  it('is told of files that others can write to: one of them by name, the others by number', () => {
    const theirs = permissions(0o100644, 1000);
    const root = directory(permissions(0o40755));
    expect(openDoors(root, [['a.pub', theirs]], ENGINE)).toEqual([
      'the user 1000 can write to /keys/a.pub and so let another key in. Try: chown root /keys/*.pub && chmod go-w /keys/*.pub',
    ]);
    const many = ['a.pub', 'b.pub', 'c.pub'].map((name) => [name, theirs] as const);
    expect(openDoors(root, [...many, ['d.pub', closed]], ENGINE)).toEqual([
      'the user 1000 can write to /keys/a.pub and so let another key in; as open: 2 more files. Try: chown root /keys/*.pub && chmod go-w /keys/*.pub',
    ]);
  });
});
