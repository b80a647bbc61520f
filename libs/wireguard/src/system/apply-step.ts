import { asBanyanError, BanyanError, messageOf } from '#errors';
import type { Change, DesiredDevice } from '../device.js';
import { describeChange } from '../describe-change.js';
import { ipBatchLine, isAlreadyGone, type IpChange } from './ip-batch.js';
import type { Step } from './steps.js';
import type { Tools } from './tools.js';
import type { Userspace } from './userspace.js';
import { wgConfig } from './wg-config.js';

/**
 * Carries out one step on the interface of `desired`.
 *
 * @throws BanyanError that begins with what could not be done.
 */
export async function applyStep(
  tools: Tools,
  userspace: Userspace,
  desired: DesiredDevice,
  step: Step,
): Promise<void> {
  switch (step.tool) {
    case 'single':
      return as(step.change, () => applySingle(tools, userspace, desired, step.change));
    case 'ip':
      return applyIp(tools, desired, step.changes);
    case 'add-peers':
      return as(step.changes, () =>
        tools.addPeers(desired.name, wgConfig(step.changes.map(({ peer }) => peer))),
      );
    case 'remove-peers':
      return as(step.changes, () =>
        tools.removePeers(
          desired.name,
          step.changes.map(({ publicKey }) => publicKey),
        ),
      );
  }
}

async function applySingle(
  tools: Tools,
  userspace: Userspace,
  desired: DesiredDevice,
  change: Extract<Step, { tool: 'single' }>['change'],
): Promise<void> {
  const { name, privateKey } = desired;
  switch (change.kind) {
    case 'create':
      if ((await tools.addKernelInterface(name)) === 'unsupported') await userspace.start(name);
      return;
    case 'set-key':
      return tools.setKey(name, privateKey);
    case 'set-listen-port':
      return setListenPort(tools, desired, change.port);
  }
}

/** wireguard-go lets go of its old port before it tries the new one: give that back, or the interface is deaf. */
async function setListenPort(tools: Tools, desired: DesiredDevice, port: number): Promise<void> {
  const { name } = desired;
  const before = await tools.listenPort(name);
  if ((await tools.setListenPort(name, port)) === 'set') return;
  if (before !== 0) await tools.setListenPort(name, before);
  throw portTaken(port, desired);
}

async function applyIp(tools: Tools, desired: DesiredDevice, changes: readonly IpChange[]): Promise<void> {
  const { name, listenPort } = desired;
  const failures = await tools.ipBatch(changes.map((change) => ipBatchLine(name, change)));
  for (const { index, message } of failures) {
    const change = changes[index]!;
    if (!isAlreadyGone(change, message)) throw failed(change, ipFailure(change, message, desired));
  }
  const up = changes.find(({ kind }) => kind === 'set-up');
  // The kernel refuses to bring up an interface whose port is taken; one in userspace may come up deaf.
  if (up && listenPort !== undefined && (await tools.listenPort(name)) !== listenPort) {
    throw failed(up, portTaken(listenPort, desired));
  }
}

function ipFailure(change: IpChange, message: string, desired: DesiredDevice): BanyanError {
  const { listenPort } = desired;
  if (change.kind === 'set-up' && listenPort !== undefined && message.includes('Address already in use')) {
    return portTaken(listenPort, desired);
  }
  if (change.kind === 'add-route' && message.includes('File exists')) {
    return new BanyanError('conflict', 'another interface has a route to it', {
      remedy: `See \`ip route show ${change.route.destination}\`; remove that route or choose another network.`,
    });
  }
  return new BanyanError('host', message);
}

function portTaken(port: number, { portSetting }: DesiredDevice): BanyanError {
  const by = portSetting === undefined ? '' : ` with ${portSetting}`;
  return new BanyanError('conflict', `UDP port ${port} is in use by another process`, {
    remedy: `\`ss -lunp "sport = :${port}"\` shows which; stop it, or choose another port${by}.`,
  });
}

async function as(change: Change | readonly Change[], action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    throw failed(change, error);
  }
}

function failed(change: Change | readonly Change[], error: unknown): BanyanError {
  const [first, ...others] = [change].flat() as [Change, ...Change[]];
  const what = describeChange(first) + (others.length > 0 ? ` (one of ${others.length + 1} peers)` : '');
  const { kind, remedy } = asBanyanError(error);
  return new BanyanError(kind, `cannot ${what}: ${messageOf(error)}`, {
    cause: error,
    ...(remedy === undefined ? {} : { remedy }),
  });
}
