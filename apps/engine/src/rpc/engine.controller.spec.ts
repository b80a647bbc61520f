import { CallContext } from '#channel';
import { WhitelistSnapshot } from '../whitelist/snapshot.js';
import type { WhitelistService } from '../whitelist/whitelist.service.js';
import { EngineController } from './engine.controller.js';

describe('a call of an agent', () => {
  const nothing = {} as never;
  const whitelist = { snapshot: WhitelistSnapshot.EMPTY } as WhitelistService;
  const controller = new EngineController(
    ...([nothing, nothing, nothing, whitelist, nothing, nothing, nothing, nothing] as const),
  );

  it('whose file has another name since the guard has looked is no word about its key: only the guard gives that', () => {
    const caller = new CallContext(undefined);
    caller.name = 'worker-1';
    expect(() => controller.heartbeat({}, caller)).toThrow(
      expect.objectContaining({ kind: 'unavailable' }) as Error,
    );
  });
});
