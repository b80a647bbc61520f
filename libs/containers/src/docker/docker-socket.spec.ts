import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { DockerSocket } from './docker-socket.js';

/** Milliseconds, for who answers: a machine may stand still for seconds. */
const LONG = 60_000;

describe('a Docker', () => {
  let directory: string;
  let socket: string;
  let server: Server | undefined;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'banyan-docker-'));
    socket = join(directory, 'docker.sock');
  });
  afterEach(async () => {
    server?.closeAllConnections();
    server?.close();
    server = undefined;
    delete process.env.DOCKER_HOST;
    await rm(directory, { recursive: true, force: true });
  });

  async function answering(listener: RequestListener, limitMs = LONG): Promise<DockerSocket> {
    server = createServer(listener).listen(socket);
    await once(server, 'listening');
    return new DockerSocket(socket, limitMs);
  }

  const failures: [string, RequestListener, string, number][] = [
    ['never answers', () => undefined, `did not answer within 300 ms`, 300],
    [
      'stops in the middle of an answer',
      (_, response) => void response.writeHead(200, { 'content-length': '100' }).write('{'),
      'did not answer within 300 ms',
      300,
    ],
    ['hangs up', (request) => request.socket.destroy(), 'has gone away', LONG],
    [
      'hangs up in the middle of an answer',
      (request, response) =>
        response.writeHead(200, { 'content-length': '100' }).write('{', () => request.socket.destroy()),
      'did not answer within 300 ms',
      300,
    ],
    [
      'fails',
      (_, response) => void response.writeHead(500).end('{"message":"no\\nspace \\u001b[2J left"}'),
      'no space [2J left',
      LONG,
    ],
  ];

  it.each(failures)('that %s is unavailable', async (_, listener, message, limitMs) => {
    const docker = await answering(listener, limitMs);
    await expect(docker.read()).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining(message) as string,
    });
  });

  it('that is not there is none, also when something else is named by the environment', async () => {
    process.env.DOCKER_HOST = 'tcp://192.0.2.1:2375';
    expect(await new DockerSocket(socket, LONG).read()).toBeUndefined();
  });

  it('that left its socket behind is none', async () => {
    const { spawnSync } = await import('node:child_process');
    const leave =
      'require("net").createServer().listen(process.argv[1], () => process.kill(process.pid, "SIGKILL"))';
    spawnSync(process.execPath, ['-e', leave, socket]);
    expect(await new DockerSocket(socket, LONG).read()).toBeUndefined();
  });

  it('that answers nonsense has no networks', async () => {
    const docker = await answering((_, response) => void response.end('[7, null, {"Id": "../x"}]'));
    expect(await docker.read()).toEqual({ networks: [], attached: [] });
  });
});
