import { Subject } from 'rxjs';
import type { ContainerNetworks } from '#containers';
import type { DesiredDataPlane } from '#dataplane';
import { generateKey } from '#crypto/generate';
import { built, described, sent } from '../testing/sample-network.js';
import { ContainerKeeper } from './container-keeper.js';
import type { Keeper, Outcome } from './keeper.js';

const desired: DesiredDataPlane = {
  network: built(described([sent(1)])),
  privateKey: generateKey(),
  listenPort: 51_820,
  mtu: 1_420,
  hostAccess: false,
};

describe('the keeper of container networks', () => {
  it.each([0, 1, 2, 3, 4, 5, 6])(
    'misses no goal that is reached while an attempt comes to its end, %i turns after it',
    async (turns) => {
      const journal: string[] = [];
      const outcomes = new Subject<Outcome>();
      const containers = {
        apply: () => {
          journal.push('apply');
          const ended = Promise.resolve([]);
          let wait: Promise<unknown> = ended;
          for (let turn = 0; turn < turns; turn++) wait = wait.then(() => undefined);
          void wait.then(() => outcomes.next({ goal: { kind: 'down' } }));
          return ended;
        },
        down: () => Promise.resolve(journal.push('down')).then(() => []),
      };
      const keeper = new ContainerKeeper(
        containers as unknown as ContainerNetworks,
        { outcomes, looks: new Subject<void>() } as unknown as Keeper,
      );
      outcomes.next({ goal: { kind: 'build', desired } });
      await new Promise((turn) => setImmediate(turn));
      expect(journal).toEqual(['apply', 'down']);
      await keeper.beforeApplicationShutdown();
    },
  );

  it('tries again at every look to take down what a runtime has not let go of', async () => {
    const [outcomes, looks] = [new Subject<Outcome>(), new Subject<void>()];
    let inUse = true;
    let attempts = 0;
    const down = () => {
      attempts += 1;
      return inUse ? Promise.reject(new Error('containers belong to it')) : Promise.resolve([]);
    };
    const keeper = new ContainerKeeper(
      { down } as unknown as ContainerNetworks,
      { outcomes, looks } as unknown as Keeper,
    );
    const turn = () => new Promise((next) => setImmediate(next));
    outcomes.next({ goal: { kind: 'down' } });
    await turn();
    expect(keeper.error?.message).toBe('containers belong to it');
    inUse = false;
    for (const expected of [2, 2]) {
      looks.next();
      await turn();
      expect(attempts).toBe(expected);
    }
    expect(keeper.error).toBeUndefined();
  });
});
