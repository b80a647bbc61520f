import { until, type Host, type Process } from '../lab/index.js';
import { json, KEYS_DIRECTORY, PrivateNetwork } from '../e2e/private-network.js';

const AUDIT = '/var/lib/banyan/engine/audit';
const FILE = `${AUDIT}/audit-000000000001.jsonl`;

interface Line {
  readonly seq: number;
  readonly event: string;
  readonly fields: Record<string, unknown>;
}

interface Verified {
  readonly ok: boolean;
  readonly lines: number;
  readonly head: string;
  readonly problem: { readonly line: number; readonly what: string } | null;
  readonly torn_bytes: number;
}

/** `banyan-engine pending` and `banyan-engine audit` on a real host, in the order of a story. */
describe('an operator on the engine', () => {
  let network: PrivateNetwork;
  let engine: Host;
  let laptop: Host;
  let service: Process;
  let key: string;

  beforeAll(async () => {
    network = await PrivateNetwork.create('audit');
    engine = network.engine;
    laptop = await network.lab.host('laptop');
    key = await network.init('cli', laptop);
  });
  afterAll(() => network?.destroy());

  const audit = async (...flags: string[]): Promise<Line[]> => {
    const text = await engine.output(['banyan-engine', 'audit', '--json', ...flags]);
    return text.trim() === ''
      ? []
      : text
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as Line);
  };
  const verify = async (...flags: string[]): Promise<Verified & { exitCode: number | null }> => {
    const command = ['banyan-engine', 'audit', '--verify', '--json', ...flags];
    const { exitCode, stdout } = await engine.run(command);
    return { ...(JSON.parse(stdout) as Verified), exitCode };
  };
  /** The last head that the engine printed to its journal, as an operator would take it from there. */
  const printedHead = (): string =>
    [...service.stderr.matchAll(/banyan-engine audit --expect ([0-9a-f]{64})/g)].at(-1)![1]!;

  it('is told that there is nothing to ask or to read before the first start', async () => {
    expect(await engine.run(['banyan-engine', 'pending'])).toMatchObject({
      exitCode: 1,
      stderr: 'Error: no engine is running here\nTry: sudo systemctl start banyan-engine\n',
    });
    const { exitCode, stderr } = await engine.run(['banyan-engine', 'audit', '--verify']);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`there is no audit log in ${AUDIT}`);
  });

  it('sees who knocked, and admits it by the line that is shown', async () => {
    service = await network.startEngine();
    expect(await engine.output(['banyan-engine', 'pending'])).toBe(
      'No key that is not on the whitelist has called since the engine started.\n',
    );
    await laptop.run(['banyan-cli', 'status']);
    const [pending] = await json<Record<string, unknown>[]>(engine, ['banyan-engine', 'pending']);
    expect(pending).toMatchObject({
      ...{ public_key: key, times: 1, address: laptop.address, channel: 'direct', former_name: null },
      first_seen: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string,
    });
    const text = await engine.output(['banyan-engine', 'pending']);
    const [, line] = /^to admit: +sudo (.*)$/m.exec(text) ?? [];
    expect(line).toBe(`banyan-engine add-client --name NAME --pubkey '${key}' --role cli`);
    await engine.output(['sh', '-c', line!.replace('NAME', 'cli-1')]);
    expect(await json(engine, ['banyan-engine', 'pending'])).toEqual([]);
    await laptop.output(['banyan-cli', 'status']);
  });

  it('is warned of one that was revoked', async () => {
    await engine.output(['banyan-engine', 'remove-client', '--name', 'cli-1']);
    await laptop.run(['banyan-cli', 'status']);
    expect(await engine.output(['banyan-engine', 'pending'])).toMatch(/^beware: +was cli-1, revoked$/m);
  });

  it('follows what happens, and reads what has happened', async () => {
    const following = engine.spawn(['banyan-engine', 'audit', '--follow', '--limit', '1']);
    await following.says('client.revoked');
    await network.addClient('cli-1', key);
    await following.says(/client\.admitted +name=cli-1 /);
    expect(await following.stop()).toMatchObject({ exitCode: 0 });
    expect(following.stdout).not.toContain('engine.started');
    expect((await audit()).map(({ event }) => event)).toEqual([
      ...['engine.started', 'client.admitted', 'client.revoked', 'client.admitted'],
    ]);
    expect((await audit('--limit', '2')).map(({ seq }) => seq)).toEqual([3, 4]);
    expect(await audit('--since', '2099-01-01')).toEqual([]);
    const shown = await engine.output(['banyan-engine', 'audit', '--since', '1h']);
    expect(shown).toMatch(
      /^\S+Z {2}client\.revoked +name=cli-1 .* by="admin socket" {2}why="its file is gone"$/m,
    );
    expect(shown).toMatch(new RegExp(`^head: ${(await verify()).head}$`, 'm'));
  });

  it('finds a log whole after the engine was killed, and in it what happened while none ran', async () => {
    // A second later at most it has put down who is admitted, by which it knows then what has changed.
    const putDown = async () => {
      const { admitted } = JSON.parse(await engine.readFile(`${AUDIT}/clients.json`)) as {
        admitted: Record<string, [name: string]>;
      };
      return Object.values(admitted).some(([name]) => name === 'cli-1');
    };
    await until(putDown, { what: 'the engine has put down who is admitted' });
    await service.signal('SIGKILL');
    await service.ended;
    await engine.removeFile(`${KEYS_DIRECTORY}/cli-1.pub`);
    await network.addClient('worker-1', await network.init('agent', laptop));
    // What a kill in the middle of an append leaves.
    await engine.output(['sh', '-c', `printf '{"seq":5,"time":"2027' >> ${FILE}`]);
    expect(await verify()).toMatchObject({ exitCode: 0, ok: true, lines: 4, torn_bytes: 21 });
    service = await network.startEngine();
    expect(service.stderr).toContain('the audit log ended in the middle of a line (21 bytes)');
    // It is ready before they are on the disk.
    await until(async () => (await audit()).length === 8, { what: 'what has changed is put down' });
    expect((await audit()).slice(4)).toMatchObject([
      { event: 'log.torn', fields: { bytes: 21 } },
      { event: 'engine.started' },
      { event: 'client.revoked', fields: { name: 'cli-1', by: 'file', while_stopped: true } },
      { event: 'client.admitted', fields: { name: 'worker-1', by: 'file', while_stopped: true } },
    ]);
    expect(await verify()).toMatchObject({ exitCode: 0, ok: true, lines: 8, torn_bytes: 0 });
  });

  it('checks it by the head that the engine printed when it stopped', async () => {
    await service.stop();
    expect(await verify('--expect', printedHead())).toMatchObject({ exitCode: 0, ok: true, lines: 9 });
    const { exitCode, stderr } = await engine.run(['banyan-engine', 'audit', '--expect', 'abc']);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('--expect must be a hash');
  });

  describe('is told of a line that was', () => {
    let whole: string;
    beforeAll(async () => {
      whole = await engine.readFile(FILE);
    });
    afterAll(() => engine.writeFile(FILE, whole));

    it.each<[string, (lines: string[]) => string[], number, string]>([
      ['removed', (lines) => lines.toSpliced(2, 1), 3, 'line 3 is missing before line 4'],
      ['changed', (lines) => lines.with(2, lines[2]!.replace('cli-1', 'cli-2')), 3, 'line 3 was changed'],
      ['swapped', (lines) => lines.with(2, lines[3]!).with(3, lines[2]!), 3, 'line 3 is missing before'],
      ['scribbled over', (lines) => lines.with(2, '\u001b[2J'), 3, 'line 3 is not as the engine wrote it'],
      ['the first', (lines) => lines.slice(1), 1, 'line 1 is missing before line 2'],
    ])('%s', async (_, change, line, what) => {
      await engine.writeFile(FILE, change(whole.split('\n')).join('\n'));
      const found = await verify();
      expect(found).toMatchObject({ exitCode: 1, ok: false, problem: { line } });
      expect(found.problem?.what).toContain(what);
      const { exitCode, stdout } = await engine.run(['banyan-engine', 'audit', '--verify']);
      expect(exitCode).toBe(1);
      expect(stdout).toContain(`The audit log is not as it was written: ${what}`);
    });

    it.each([
      ['cut off at the end', (text: string) => text.split('\n').slice(0, -2).join('\n') + '\n'],
      ['cut off at the end, in its middle', (text: string) => text.slice(0, -20)],
      ['the last, and changed', (text: string) => text.replace('engine.stopped', 'engine.started')],
    ])('%s, by the head', async (_, change) => {
      const cut = change(whole);
      await engine.writeFile(FILE, cut);
      expect(await verify()).toMatchObject({ exitCode: 0 });
      const { exitCode, problem } = await verify('--expect', printedHead());
      expect(exitCode).toBe(1);
      expect(problem?.what).toBe(
        'no line has the expected hash: the end of the log was cut off or rewritten',
      );
    });
  });

  it('has an engine that goes on while the disk is full, and a log that is whole afterwards', async () => {
    await engine.output(['rm', '-rf', AUDIT]);
    await engine.output(['mkdir', AUDIT]);
    await engine.output(['mount', '-t', 'tmpfs', '-o', 'size=64k,mode=700', 'none', AUDIT]);
    service = await network.startEngine();
    await engine.run(['sh', '-c', `cat /dev/zero > ${AUDIT}/filler`]);
    // The page that holds the last line has room for some more.
    const many = `for n in $(seq 30); do wg genkey | wg pubkey > ${KEYS_DIRECTORY}/many-$n.pub; done`;
    await engine.output(['sh', '-c', many]);
    await service.says('the audit log cannot be written, and the engine goes on');
    const admitted = async () => {
      const listed = await json<{ name: string; state: string }[]>(engine, ['banyan-engine', 'list-clients']);
      return listed.filter(({ name, state }) => name.startsWith('many-') && state === 'admitted');
    };
    // One that is seen later would come after whoever is added next.
    await until(async () => (await admitted()).length === 30, { what: 'all of the files are seen' });
    await network.addClient('cli-1', key);
    await laptop.output(['banyan-cli', 'status']);
    const { warnings } = await json<{ warnings: string[] }>(engine, ['banyan-engine', 'status']);
    expect(warnings).toContainEqual(expect.stringContaining('the disk is full'));
    await engine.removeFile(`${AUDIT}/filler`);
    await service.says('the audit log can be written again');
    expect(service.stderr.match(/the audit log cannot be written/g)).toHaveLength(1);
    expect(await verify()).toMatchObject({ exitCode: 0, ok: true, torn_bytes: 0 });
    const said = (await audit()).flatMap(({ event, fields }) => (event === 'client.admitted' ? fields : []));
    const listed = await json<{ state: string }[]>(engine, ['banyan-engine', 'list-clients']);
    expect(said.length).toBe(listed.filter(({ state }) => state === 'admitted').length);
    expect(said.at(-1)).toMatchObject({ name: 'cli-1', by: 'admin socket' });
    await service.stop();
  });
});
