import { notifySystemd } from './systemd.js';

describe('systemd', () => {
  const { NOTIFY_SOCKET, PATH } = process.env;
  beforeEach(() => void Object.assign(process.env, { NOTIFY_SOCKET: '/nowhere', PATH: '/nowhere' }));
  afterEach(() => {
    Object.assign(process.env, { PATH, NOTIFY_SOCKET });
    if (NOTIFY_SOCKET === undefined) delete process.env.NOTIFY_SOCKET;
  });

  it('that cannot be told keeps no service from stopping', async () => {
    await notifySystemd('STOPPING=1');
  });

  it('that cannot be told that one is ready is an error, for it will kill that', async () => {
    await expect(notifySystemd('READY=1')).rejects.toMatchObject({ kind: 'host' });
  });
});
