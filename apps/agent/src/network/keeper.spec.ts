import type { DataPlane, DesiredDataPlane, HostChange } from '#dataplane';
import { BanyanError } from '#errors';
import { generateKey } from '#crypto/generate';
import { built, described, sent } from '../testing/sample-network.js';
import { hearLog, leaveLog } from '../../../../libs/log/src/testing/hear-log.js';
import { Keeper, type Outcome } from './keeper.js';

const CHANGE: HostChange = { what: 'add a thing', why: 'there is none' };

function desired(revision: number): DesiredDataPlane {
  const network = built(described([sent(1)], { revision }));
  return { network, privateKey: generateKey(), listenPort: 51_820, mtu: 1_420, hostAccess: false };
}

/** Each apply waits until the test ends it. */
class SlowPlane implements DataPlane {
  readonly journal: string[] = [];
  drift = (): void => undefined;
  #begun = (): void => undefined;
  #end: ((result: readonly HostChange[] | Error) => void) | undefined;

  apply({ network }: DesiredDataPlane): Promise<readonly HostChange[]> {
    return this.#begin(`apply ${network.revision}`);
  }

  down(): Promise<readonly HostChange[]> {
    return this.#begin('down');
  }

  watch(onDrift: () => void): { close(): Promise<void> } {
    this.drift = onDrift;
    return { close: () => Promise.resolve() };
  }

  hold(): never {
    throw new Error('not asked for');
  }
  plan(): never {
    throw new Error('not asked for');
  }
  links(): never {
    throw new Error('not asked for');
  }
  hostRoutes(): never {
    throw new Error('not asked for');
  }

  /** Ends what is going on. */
  async end(result: readonly HostChange[] | Error = []): Promise<void> {
    const end = this.#end;
    if (!end) throw new Error('nothing is going on');
    this.#end = undefined;
    end(result);
    await new Promise((turn) => setImmediate(turn));
  }

  /** Settles when something is going on. */
  next(): Promise<void> {
    if (this.busy) return Promise.resolve();
    return new Promise((resolve) => (this.#begun = resolve));
  }

  get busy(): boolean {
    return this.#end !== undefined;
  }

  #begin(what: string): Promise<readonly HostChange[]> {
    if (this.#end) throw new Error('two at once');
    this.journal.push(what);
    this.#begun();
    return new Promise((resolve, reject) => {
      this.#end = (result) => (result instanceof Error ? reject(result) : resolve(result));
    });
  }
}

describe('the keeper of a host', () => {
  let plane: SlowPlane;
  let keeper: Keeper;
  let outcomes: Outcome[];
  let logged: string[];

  beforeEach(() => {
    logged = hearLog();
    plane = new SlowPlane();
    keeper = new Keeper(plane);
    outcomes = [];
    keeper.outcomes.subscribe((outcome) => outcomes.push(outcome));
  });
  afterEach(async () => {
    if (plane.busy) await plane.end();
    await keeper.beforeApplicationShutdown();
    leaveLog();
  });

  it('goes for the newest of what is wanted meanwhile, and for nothing in between', async () => {
    for (const revision of [1, 2, 3]) keeper.build(desired(revision));
    expect(plane.journal).toEqual(['apply 1']);
    await plane.end();
    await plane.end();
    expect(plane.journal).toEqual(['apply 1', 'apply 3']);
    expect(outcomes.map(({ goal }) => goal.kind === 'build' && goal.desired.network.revision)).toEqual([
      1, 3,
    ]);
    expect(plane.busy).toBe(false);
  });

  it.each([0, 1, 2, 3, 4, 5])(
    'misses no goal that is set while an attempt comes to its end, %i turns after it',
    async (turns) => {
      keeper.outcomes.subscribe(({ goal }) => {
        let wait = Promise.resolve();
        for (let turn = 0; turn < turns; turn++) wait = wait.then(() => undefined);
        if (goal.kind === 'build') void wait.then(() => keeper.takeDown());
      });
      keeper.build(desired(1));
      await plane.end();
      expect(plane.journal).toEqual(['apply 1', 'down']);
    },
  );

  it('says what it did, and as a repair what others had changed', async () => {
    keeper.build(desired(1));
    await plane.end([CHANGE]);
    plane.drift();
    await plane.end([CHANGE]);
    expect(logged).toEqual([
      '<6>network.changed: add a thing (there is none)',
      '<4>drift.repaired: repaired: add a thing (there is none)',
    ]);
  });

  it('says a failure once, how often it came again, and that it is over', async () => {
    keeper.build(desired(1));
    const failure = () => new BanyanError('conflict', 'the port is taken', { remedy: 'Free it.' });
    await plane.end(failure());
    for (let times = 0; times < 3; times++) {
      plane.drift();
      await plane.end(failure());
    }
    expect(outcomes.at(-1)).toMatchObject({ error: { message: 'the port is taken' } });
    plane.drift();
    await plane.end();
    expect(logged).toEqual([
      '<3>network.failed: the port is taken. Try: Free it.',
      expect.stringMatching(
        /^<3>network\.failed: 3 more times in \d+ s: the port is taken\. Try: Free it\.$/,
      ),
      '<6>network.healthy: the network on this host is as it should be again',
    ]);
    expect(outcomes.at(-1)!.error).toBeUndefined();
  });

  it('takes the network down once, after what is going on, and does not bring it up again', async () => {
    keeper.build(desired(1));
    keeper.takeDown();
    keeper.takeDown();
    await plane.end();
    await plane.end();
    plane.drift();
    expect(plane.journal).toEqual(['apply 1', 'down']);
    keeper.build(desired(2));
    await plane.end();
    expect(plane.journal).toEqual(['apply 1', 'down', 'apply 2']);
  });

  it('tries again to take down what did not go', async () => {
    keeper.takeDown();
    await plane.end(new Error('busy'));
    expect(outcomes.at(-1)).toMatchObject({ error: { message: 'busy' } });
    await plane.next();
    expect(plane.journal).toEqual(['down', 'down']);
  });

  it('begins nothing more when the agent stops, and waits for what is going on', async () => {
    keeper.build(desired(1));
    keeper.build(desired(2));
    const stopped = keeper.beforeApplicationShutdown();
    await plane.end();
    await stopped;
    expect(plane.journal).toEqual(['apply 1']);
  });
});
