import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Sandbox, type Ended } from './programs.js';

const BIN = join(import.meta.dirname, '../../bin');
const BEFORE = 'agent:\n  engine_host: "h"\n';

/** In a mount namespace of its own, which ends with it: mounts, does `prepare`, runs init, shows what is there then. */
const SCENE = `
set -eu
mount -t tmpfs -o size=32k,mode=700 none "$1"
cp "$2" "$1/banyan.yaml"
eval "$3"
code=0
"$4" init --config "$1/banyan.yaml" 2>&1 || code=$?
echo "code $code"
cat "$1/banyan.yaml"
ls -A "$1"
`;

describe('a disk that cannot be written', () => {
  let box: Sandbox;
  beforeEach(async () => {
    box = await Sandbox.make();
    await mkdir(box.path('etc'));
    await writeFile(box.path('before'), BEFORE, { mode: 0o600 });
  });
  afterEach(() => box.remove());

  const init = (prepare: string): Promise<Ended> =>
    box.runAny([
      ...['unshare', '--mount', 'sh', '-c', SCENE, 'sh', box.path('etc'), box.path('before'), prepare],
      join(BIN, 'banyan-agent'),
    ]);

  it('because it is full: the cause is named, and the config is as it was', async () => {
    const { stdout } = await init('cat /dev/zero > "$1/filler" 2>/dev/null || true');
    expect(stdout).toContain('the disk is full\nTry: Free some space');
    expect(stdout).toContain(`code 1\n${BEFORE}banyan.yaml\nfiller\n`);
  });

  it('because it is read-only: the cause is named, and the config is as it was', async () => {
    const { stdout } = await init('mount -o remount,ro "$1"');
    expect(stdout).toContain('the file system is read-only\nTry: ');
    expect(stdout).toContain(`code 1\n${BEFORE}banyan.yaml\n`);
  });
});
