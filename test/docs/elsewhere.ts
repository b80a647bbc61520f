/** A line of the documents that cannot be run on the hosts of a test, and where it is run instead. */
interface Elsewhere {
  readonly line: string;
  /** A file of the checkout. */
  readonly file: string;
  /** What stands in that file and runs it. */
  readonly by: string;
}

const BARE_DEBIAN = 'packaging/test/on-bare-debian';

export const ELSEWHERE: readonly Elsewhere[] = [
  { line: 'scripts/demo', file: 'test/demo/demo.spec.ts', by: 'dist/test/demo/demo.js' },
  // It is what runs this very test.
  { line: 'scripts/test', file: 'scripts/test', by: "run_tests 'tests on real parts'" },
  { line: 'scripts/setup', file: 'test/packaging/setup.spec.ts', by: "'scripts/setup'" },
  { line: 'cd /opt/banyan && scripts/setup', file: 'test/packaging/setup.spec.ts', by: "'scripts/setup'" },
  { line: 'scripts/package', file: 'scripts/test-package', by: '\nscripts/package\n' },
  {
    line: 'apt-get install ./banyan_0.1.0_amd64.deb',
    file: BARE_DEBIAN,
    by: 'apt_get install /package/banyan.deb',
  },
  { line: 'apt-get remove banyan', file: BARE_DEBIAN, by: 'apt_get remove banyan' },
  { line: 'apt-get purge banyan', file: BARE_DEBIAN, by: 'apt_get purge --autoremove banyan' },
  {
    line: 'tar -C / --no-overwrite-dir -xJf banyan_0.1.0_amd64.tar.xz && systemctl daemon-reload',
    file: BARE_DEBIAN,
    by: 'tar -C / --no-overwrite-dir -xf',
  },
  // Neither runtime is in the tests, which have the plugins called as both of them do.
  { line: 'nerdctl run --network banyan nginx', file: 'test/containers/cni.spec.ts', by: 'new CniRuntime' },
  { line: 'podman run --network banyan nginx', file: 'test/containers/cni.spec.ts', by: 'new CniRuntime' },
  {
    line: 'journalctl -u banyan-engine -u banyan-agent',
    file: 'packaging/test/in-machine/restart.sh',
    by: 'journalctl --no-pager -o cat -u banyan-engine -u banyan-agent',
  },
];
