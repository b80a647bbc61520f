import { Inject, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { awaiting } from '#host';
import { log } from '#log';
import { LiveEngines } from './live/live-engines.js';
import { openStore, type StoreOptions } from './open.js';
import { STORE } from './store.js';
import { TimedStore } from './timed-store.js';

const OPENED = Symbol('opened');

interface Opened {
  readonly store: TimedStore;
  readonly live: LiveEngines;
}

/** Opens the engine's store before anything that needs it starts, and closes it after everything has stopped. */
@Module({})
export class StoreModule implements OnApplicationShutdown {
  constructor(@Inject(OPENED) private readonly opened: Opened) {}

  static forRoot(options: StoreOptions): DynamicModule {
    return {
      module: StoreModule,
      providers: [
        { provide: OPENED, useFactory: () => open(options) },
        { provide: STORE, inject: [OPENED], useFactory: ({ store }: Opened) => store },
        { provide: LiveEngines, inject: [OPENED], useFactory: ({ live }: Opened) => live },
      ],
      exports: [STORE, LiveEngines],
    };
  }

  /** Not on destroy: that is when others write what they still have to. */
  async onApplicationShutdown(): Promise<void> {
    const { live, store } = this.opened;
    await awaiting(
      'the store',
      live.leave().then(() => store.close()),
    );
  }
}

/** Nobody gets the store before it is known that no restore is at work in it. */
async function open(options: StoreOptions): Promise<Opened> {
  const store = new TimedStore(await openStore(options, log));
  try {
    return { store, live: await LiveEngines.join(store, options.backend === 'etcd', log) };
  } catch (error) {
    await store.close();
    throw error;
  }
}
