import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Lab, until, untilHolds, type Host, type Process } from './index.js';
import { checkoutRoot } from './checkout.js';
import { membersOf, namespaceOf } from './proc.js';

describe('a lab', () => {
  let lab: Lab;
  let a: Host;
  let b: Host;

  beforeAll(async () => {
    lab = await Lab.create('self-test');
    a = await lab.host('alpha');
    b = await lab.host('beta');
  });
  afterAll(() => lab?.destroy());

  it('gives every host a name, an address and nothing of the real network', async () => {
    expect(await a.output(['hostname'])).toBe('alpha\n');
    const links = JSON.parse(await a.output(['ip', '-j', 'address'])) as { ifname: string }[];
    expect(links.map((link) => link.ifname)).toEqual(['lo', 'eth0']);
    expect(a.address).not.toBe(b.address);
  });

  it('lets hosts reach one another by name', async () => {
    await a.output(['ping', '-c', '1', '-w', '30', 'beta']);
  });

  it('keeps what a host writes to its /etc, /run and /var/lib to that host', async () => {
    for (const path of ['/etc/banyan/banyan.yaml', '/run/probe', '/var/lib/banyan/engine/state']) {
      await a.writeFile(path, 'mine');
      expect(await a.output(['cat', path])).toBe('mine');
      expect((await b.run(['cat', path])).exitCode).toBe(1);
      expect(existsSync(path)).toBe(false);
    }
  });

  it('refuses to write where the host shares files with the machine', async () => {
    await expect(a.writeFile('/tmp/x', '')).rejects.toThrow(/not alpha's own/);
    await expect(a.writeFile('/etc/../root/x', '')).rejects.toThrow(/not alpha's own/);
  });

  it('runs the Node of the checkout, and none of the test environment', async () => {
    expect(await a.output(['node', '-p', 'process.versions.node.split(".")[0]'])).toBe('24\n');
    expect(await a.output(['env'])).not.toContain('NODE_OPTIONS');
  });

  it('lets a person in by a shell that finds the programs', async () => {
    const [program = '', ...args] = a.shellCommand.split(' ');
    const shell = spawn(program, [...args, '-c', 'hostname; command -v banyan-cli nft']);
    let said = '';
    shell.stdout.on('data', (text: Buffer) => (said += text.toString()));
    await once(shell, 'close');
    expect(said).toBe('alpha\n/run/checkout/bin/banyan-cli\n/usr/sbin/nft\n');
  });

  it('passes input, output and exit codes on', async () => {
    expect(await a.run(['cat'], { input: 'text' })).toMatchObject({ exitCode: 0, stdout: 'text' });
    expect(await a.run(['false'])).toMatchObject({ exitCode: 1 });
    await expect(a.output(['cat', '/none'])).rejects.toThrow(/No such file/);
  });

  it('takes arguments as they are: no shell reads them', async () => {
    expect(await a.output(['echo', '$HOME; id', '`id`'])).toBe('$HOME; id `id`\n');
  });

  it('kills a program that does not end in time, and says so', async () => {
    await expect(a.run(['sleep', '4242'], { timeout: 200 })).rejects.toThrow(/did not end within 200 ms/);
    expect((await a.run(['pgrep', '-f', 'sleep 4242'])).exitCode).toBe(1);
  });

  it('runs a user without privileges, who has a name and a home', async () => {
    const user = await a.asUser(1234);
    expect(await user.output(['id', '-u'])).toBe('1234\n');
    expect(await user.output(['grep', 'CapEff', '/proc/self/status'])).toMatch(/\t0+\n/);
    expect((await user.run(['cat', '/etc/shadow'])).exitCode).toBe(1);
    await user.output(['node', '-e', 'require("fs").writeFileSync(os.userInfo().homedir + "/x", "")']);
  });

  it('signals the program itself and reports how it ended', async () => {
    const sleeping = a.spawn(['sleep', '60']);
    expect(await sleeping.stop()).toMatchObject({ exitCode: null, signal: 'SIGTERM' });
  });

  it('freezes a program and lets it go on', async () => {
    const echo = a.spawn(['cat']);
    // Before it says something it may still be the entrance's, under another name.
    echo.write('running\n');
    await echo.says('running');
    await echo.signal('SIGSTOP');
    echo.write('first\n');
    await until(async () => (await a.output(['ps', '-o', 'stat=', '-C', 'cat'])).includes('T'));
    expect(echo.stdout).toBe('running\n');
    await echo.signal('SIGCONT');
    await echo.says('first');
    echo.end();
    expect((await echo.ended).exitCode).toBe(0);
  });

  it('ends a program that is frozen', async () => {
    const sleeping = a.spawn(['sleep', '60']);
    await sleeping.signal('SIGSTOP');
    await sleeping.signal('SIGKILL');
    expect(await sleeping.ended).toMatchObject({ signal: 'SIGKILL' });
  });

  it('waits for a line, and shows the output when it never comes', async () => {
    await a.spawn(['echo', 'ready to serve']).says(/ready/);
    await expect(a.spawn(['echo', 'something else']).says('ready')).rejects.toThrow(/something else/);
  });

  it('records what passes between hosts, byte for byte', async () => {
    const capture = await lab.capture(b);
    await a.output(['ping', '-c', '1', '-p', 'cafef00d', 'beta']);
    await capture.stop();
    expect(await capture.packets('icmp')).toHaveLength(2);
    expect(await capture.packets('not icmp and not arp')).toEqual([]);
    expect(await capture.contains(Buffer.from('cafef00d', 'hex'))).toBe(true);
  });

  it('records also what tcpdump had no time to read before it is told to end', async () => {
    const capture = await lab.capture(b);
    const tcpdump = Reflect.get(capture, 'tcpdump') as Process;
    await tcpdump.signal('SIGSTOP');
    await a.output(['ping', '-c', '1', '-p', 'cafebabe', 'beta']);
    const stopped = capture.stop();
    await tcpdump.signal('SIGCONT');
    await stopped;
    expect(await capture.contains(Buffer.from('cafebabe', 'hex'))).toBe(true);
  });

  it('blocks UDP on a host and nothing else, until it is allowed again', async () => {
    const answer = async () => {
      const server = b.spawn(['node', '-e', UDP_ECHO]);
      await server.says('bound');
      const { stdout } = await a.run(['node', '-e', UDP_ASK, b.address]);
      await server.stop();
      return stdout.trim();
    };
    const isAnswered = async () => (await answer()) === 'pong';
    await until(isAnswered);
    await a.blockUdp();
    expect(await answer()).toBe('silence');
    await a.output(['ping', '-c', '1', '-w', '30', b.address]);
    await a.unblockUdp();
    await until(isAnswered);
  });

  it('pulls a cable and plugs it in again', async () => {
    await lab.setCable(b, false);
    expect((await a.run(['ping', '-c', '1', '-W', '1', b.address])).exitCode).toBe(1);
    await lab.setCable(b, true);
    await until(async () => (await a.run(['ping', '-c', '1', '-W', '1', b.address])).exitCode === 0);
  });

  it('carries WireGuard: a userspace device under a name that another host has too', async () => {
    for (const host of [a, b]) {
      await host.output(['wireguard-go', 'wg-control']);
      expect(await host.output(['wg', 'show', 'interfaces'])).toBe('wg-control\n');
    }
  });
});

describe('the end of a lab', () => {
  it('takes daemons along and leaves no process behind', async () => {
    const lab = await Lab.create('ending');
    const host = await lab.host('alpha');
    const names = await Promise.all(['net', 'mnt'].map((kind) => namespaceOf(host.network.pid, kind)));
    const namespaces = new Set(names.map(String));
    await host.output(['wireguard-go', 'wg-control']);
    await host.output(['setsid', '--fork', 'sleep', '600']);
    expect((await membersOf(namespaces)).length).toBeGreaterThan(2);
    await lab.destroy();
    expect(await membersOf(namespaces)).toEqual([]);
  });

  it('is not kept waiting by a process that has ended and that nobody has asked about', async () => {
    // As under a first process that is not an init, in a container for one.
    const first = spawn('unshare', [
      ...['--pid', '--fork', '--kill-child=SIGKILL', 'sh', '-c', 'echo & exec sleep 600'],
    ]);
    try {
      await once(first.stdout, 'data');
      const space = new Set([String(await namespaceOf(first.pid!, 'pid_for_children'))]);
      await until(async () => (await membersOf(space)).length === 1, { what: 'only sleep is alive' });
    } finally {
      first.kill('SIGKILL');
    }
  });

  it.each(['SIGKILL', 'SIGINT'] as const)(
    'comes also when %s ends the process that made it',
    async (signal) => {
      const root = checkoutRoot();
      const owner = spawn(
        join(root, 'node_modules/.bin/node'),
        ['--input-type=module', '-e', OWNER(join(root, 'dist/test/lab/index.js'))],
        { stdio: ['ignore', 'pipe', 'inherit'] },
      );
      owner.stdout.setEncoding('utf8');
      const built = once(owner, 'exit').then(() => Promise.reject(new Error('no lab: is dist built?')));
      const [line] = (await Promise.race([once(owner.stdout, 'data'), built])) as [string];
      built.catch(() => undefined);
      const namespaces = new Set(line.trim().split(' '));
      expect(await membersOf(namespaces)).not.toEqual([]);
      owner.kill(signal);
      await until(async () => (await membersOf(namespaces)).length === 0, { what: 'its hosts have ended' });
    },
  );
});

describe('Ctrl-C in a terminal', () => {
  it('reaches whoever made the lab, and none of the programs on its hosts', async () => {
    const root = checkoutRoot();
    const owner = spawn(
      join(root, 'node_modules/.bin/node'),
      ['--input-type=module', '-e', INTERRUPTED(join(root, 'dist/test/lab/index.js'))],
      { stdio: ['ignore', 'pipe', 'inherit'], detached: true },
    );
    let said = '';
    owner.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
    await until(() => said.includes('ready'), { what: 'the lab is up (is dist built?)' });
    // A terminal signals the whole group.
    process.kill(-owner.pid!, 'SIGINT');
    await once(owner, 'close');
    expect(said).toBe('ready\nit still runs\n');
  });
});

describe('until', () => {
  it('returns the first truthy answer, past refusals and errors', async () => {
    const answers = [() => undefined, () => Promise.reject(new Error('not yet')), () => 'here'];
    expect(await until(() => answers.shift()?.())).toBe('here');
  });

  it('says what it waited for and what the last answer was', async () => {
    await expect(until(() => false, { timeout: 1, what: 'pigs fly' })).rejects.toThrow(
      /waiting until pigs fly; the last answer was false/,
    );
  });

  it('gives up what has no answer, and does not mind how that ends', async () => {
    const asked = Promise.withResolvers<never>();
    await expect(until(() => asked.promise, { timeout: 20, what: 'hell freezes' })).rejects.toThrow(
      /waiting until hell freezes; the last attempt failed: no answer within 20 ms/,
    );
    asked.reject(new Error('too late'));
  });

  it('waits until expectations hold', async () => {
    const answers = [1, 2, 3];
    await untilHolds(() => expect(answers.shift()).toBe(3));
    await expect(untilHolds(() => expect(1).toBe(2), { timeout: 1, what: 'it adds up' })).rejects.toThrow(
      /waiting until it adds up; the last attempt failed: [^]*Expected: /,
    );
  });
});

const UDP_ECHO = `
  const s = require('dgram').createSocket('udp4');
  s.on('message', (m, from) => s.send('pong', from.port, from.address));
  s.bind(9999, () => console.log('bound'));`;
const UDP_ASK = `
  const s = require('dgram').createSocket('udp4');
  s.on('message', (m) => { console.log(String(m)); s.close(); clearTimeout(t); });
  const t = setTimeout(() => { console.log('silence'); s.close(); }, 3_000);
  s.send('ping', 9999, process.argv[1]);`;
const OWNER = (lab: string) => `
  import { Lab } from ${JSON.stringify(lab)};
  import { readlinkSync } from 'node:fs';
  const host = await (await Lab.create('orphan')).host('alpha');
  await host.output(['setsid', '--fork', 'sleep', '600']);
  console.log(['net', 'mnt'].map((kind) => readlinkSync('/proc/' + host.network.pid + '/ns/' + kind)).join(' '));
  setInterval(() => {}, 1000);`;

const INTERRUPTED = (lab: string) => `
  import { Lab } from ${JSON.stringify(lab)};
  import { once } from 'node:events';
  const lab = await Lab.create('interrupted');
  const host = await lab.host('alpha');
  const program = host.spawn(['cat']);
  program.write('here');
  await program.says('here');
  const interrupted = once(process, 'SIGINT');
  setTimeout(() => {}, 60_000).unref();
  console.log('ready');
  await interrupted;
  await host.output(['true']);
  console.log(program.result ? 'it was ended' : 'it still runs');
  await lab.destroy();`;
