import { jest } from '@jest/globals';
import { tmpdir } from 'node:os';
import { generateKey } from '#crypto/generate';
import type { DataPlane, HeldMove, KeyMove } from '#dataplane';
import type { SyncRequest } from '#protocol';
import type { Keeper } from '../network/keeper.js';
import { OwnKeys } from '../own-keys.js';
import { KeyMover } from './key-mover.js';

const unready = (why: string) => ({ $case: 'keyMoveUnready', value: { move: 7, why } });
const [own, peer, next] = [generateKey(), generateKey(), generateKey()];

describe('a host that is to change over', () => {
  let journal: string[];
  let moves: KeyMove[];
  let answers: SyncRequest['message'][];
  let failure: Error | undefined;
  let keeper: { quiet: boolean; look: () => void };
  let keys: OwnKeys;
  let mover: KeyMover;

  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'performance', 'nextTick'] });
    journal = [];
    moves = [];
    answers = [];
    failure = undefined;
    let going: Promise<void> | undefined;
    const held: HeldMove = {
      go: () => (going ??= Promise.resolve(void journal.push('go'))),
      release: () => void journal.push('release'),
    };
    const plane: Pick<DataPlane, 'hold'> = {
      hold: (move) => {
        moves.push(move);
        return failure ? Promise.reject(failure) : Promise.resolve(held);
      },
    };
    keeper = { quiet: false, look: () => void journal.push('look') };
    keys = new OwnKeys({ privateKey: own, stateDir: tmpdir() });
    mover = new KeyMover(plane as DataPlane, keys, keeper as Keeper);
  });
  afterEach(() => {
    mover.end();
    jest.useRealTimers();
  });

  async function prepared(publicKey = peer.publicKey.text): Promise<void> {
    const request = { move: 7, publicKey, newPublicKey: next.publicKey.text };
    mover.prepare(request, (answer) => answers.push(answer));
    await new Promise((turn) => setImmediate(turn));
  }

  it('says when it is ready, is not looked at from then on, and goes at the moment it is told', async () => {
    await prepared();
    expect(answers).toEqual([
      { $case: 'keyMoveReady', value: { move: 7, tookMs: expect.any(Number) as number } },
    ]);
    expect(keeper.quiet).toBe(true);
    mover.order({ move: 7, calledOff: false, inMs: 40 });
    jest.advanceTimersByTime(39);
    expect(journal).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(journal).toEqual(['go']);
    mover.makeWay();
    expect(journal).toEqual(['go', 'release']);
    expect(keeper.quiet).toBe(false);
  });

  it('goes before a network is built that comes before the moment', async () => {
    await prepared();
    mover.order({ move: 7, calledOff: false, inMs: 40 });
    mover.makeWay();
    jest.advanceTimersByTime(100);
    expect(journal).toEqual(['go', 'release']);
  });

  it('keeps no network waiting that comes before the order', async () => {
    await prepared();
    mover.makeWay();
    expect(journal).toEqual(['release']);
    mover.order({ move: 7, calledOff: false, inMs: 0 });
    jest.advanceTimersByTime(100);
    expect(journal).toEqual(['release']);
  });

  it('lets go when it is called off, and when its engine says nothing more', async () => {
    await prepared();
    mover.order({ move: 7, calledOff: true, inMs: 0 });
    expect(journal).toEqual(['release']);
    await prepared();
    jest.advanceTimersByTime(8_000);
    expect(journal).toEqual(['release', 'release', 'look']);
    expect(keeper.quiet).toBe(false);
  });

  it('says why it is not ready, and is looked at again at once', async () => {
    failure = new Error('no such interface');
    await prepared();
    expect(answers).toEqual([unready('no such interface')]);
    expect([journal, keeper.quiet]).toEqual([['look'], false]);
    mover.order({ move: 7, calledOff: false, inMs: 0 });
    jest.advanceTimersByTime(100);
    expect(journal).toEqual(['look']);
  });

  it('changes its own key to the spare one it has, and to no other that an engine names', async () => {
    await prepared(own.publicKey.text);
    expect([moves, answers]).toEqual([[], [unready('this host does not have that key')]]);
    keys.keep(next);
    await prepared(own.publicKey.text);
    expect(moves).toEqual([{ from: own.publicKey, to: next.publicKey, own: next }]);
  });
});
