import { Subject } from 'rxjs';
import { generateKey } from '#crypto/generate';
import type { KeyMoveReady, KeyMoveUnready, SyncResponse } from '#protocol';
import type { NetworkService } from '../network/network.service.js';
import type { AgentRegistry } from '../registry/agent-registry.js';
import type { Agent } from '../registry/agent.js';
import { KeyMoves } from './key-moves.js';

/** Agents that are all online and do what the test says. */
function network(...names: string[]) {
  const agents = names.map((name) => ({ id: name, name, publicKey: generateKey().publicKey }) as Agent);
  const reached = new Set(names);
  const left = new Subject<string>();
  const readyToMove = new Subject<{ agentId: string; ready: KeyMoveReady }>();
  const unreadyToMove = new Subject<{ agentId: string; unready: KeyMoveUnready }>();
  const told: string[] = [];
  const service = {
    feed: { has: () => true },
    left,
    readyToMove,
    unreadyToMove,
    get reached() {
      return new Set(reached);
    },
    tell: (id: string, { message }: SyncResponse) => {
      const order = message?.$case === 'keyMoveOrder' ? message.value : undefined;
      told.push(order === undefined ? `${id}: prepare` : `${id}: ${order.calledOff ? 'called off' : 'go'}`);
    },
  };
  const registry = { agents: () => agents.values() };
  const moves = new KeyMoves(service as unknown as NetworkService, registry as unknown as AgentRegistry);
  return {
    told,
    move: () => moves.move(agents[0]!, generateKey().publicKey),
    ready: (agentId: string) => readyToMove.next({ agentId, ready: { move: 1, tookMs: 0 } }),
    unready: (agentId: string, move = 1) =>
      unreadyToMove.next({ agentId, unready: { move, why: 'no such interface' } }),
    closeOlder: (agentId: string) => left.next(agentId),
    leave: (agentId: string) => {
      reached.delete(agentId);
      left.next(agentId);
    },
  };
}

describe('hosts that are to change over', () => {
  it('have all changed over, or were away from the beginning', async () => {
    const { move, ready, told } = network('owner', 'a', 'b');
    const moved = move();
    for (const name of ['owner', 'a', 'b']) ready(name);
    expect(await moved).toEqual({ moved: ['a', 'b'], offline: [] });
    expect(told).toEqual(['owner: prepare', 'a: prepare', 'b: prepare', 'owner: go', 'a: go', 'b: go']);
  });

  it('count as away when they leave before they are ready, and follow on their return', async () => {
    const { move, ready, leave } = network('owner', 'a', 'b');
    const moved = move();
    ready('owner');
    leave('a');
    ready('b');
    expect(await moved).toEqual({ moved: ['b'], offline: ['a'] });
  });

  it('count as away when they were ready and leave before they are told to go', async () => {
    const { move, ready, leave, told } = network('owner', 'a', 'b');
    const moved = move();
    ready('owner');
    ready('a');
    leave('a');
    ready('b');
    expect(await moved).toEqual({ moved: ['b'], offline: ['a'] });
    expect(told).not.toContain('a: go');
  });

  it('are still here when an older stream of theirs closes while they prepare', async () => {
    const { move, ready, closeOlder } = network('owner', 'a');
    const moved = move();
    ready('owner');
    closeOlder('a');
    ready('a');
    expect(await moved).toEqual({ moved: ['a'], offline: [] });
  });

  it('do not when one of them says that it cannot, and nobody waits for the others', async () => {
    const { move, unready, told } = network('owner', 'a', 'b');
    const moved = move();
    unready('a', 0);
    unready('a');
    await expect(moved).rejects.toMatchObject({
      kind: 'unavailable',
      message: 'a is not ready: no such interface; nothing was changed',
    });
    expect(told.slice(3)).toEqual(['owner: called off', 'a: called off', 'b: called off']);
  });

  it('do not when it is the one whose key it is, without which there is nothing to do', async () => {
    const { move, unready } = network('owner', 'a');
    const moved = move();
    unready('owner');
    await expect(moved).rejects.toMatchObject({
      message: 'owner is not ready: no such interface; nothing was changed',
      remedy: 'Mend that and try again.',
    });
  });

  it.each([[false], [true]])('do not, when the one whose key it is has left; ready: %s', async (isReady) => {
    const { move, ready, leave, told } = network('owner', 'a');
    const moved = move();
    ready('a');
    if (isReady) ready('owner');
    leave('owner');
    await expect(moved).rejects.toMatchObject({
      kind: 'unavailable',
      message: 'no answer from owner: nothing was changed',
    });
    expect(told.slice(2)).toEqual(['owner: called off', 'a: called off']);
  });
});
