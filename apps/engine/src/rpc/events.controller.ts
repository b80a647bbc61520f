import { Controller, Inject, UseFilters, UseGuards } from '@nestjs/common';
import { GrpcMethod, Payload } from '@nestjs/microservices';
import type { ServerWritableStream } from '@grpc/grpc-js';
import { Observable, startWith } from 'rxjs';
import type { CallContext } from '#channel';
import { BanyanError } from '#errors';
import type { FollowEventsRequest, FollowEventsResponse } from '#protocol';
import { AllowedTo, Call, Caller } from '../auth/access.js';
import { AuthGuard } from '../auth/auth.guard.js';
import { denialOf } from '../auth/permit.js';
import { EventStream } from '../events/event-stream.js';
import { NotableEvents } from '../events/notable-events.js';
import { Succession } from '../keys/succession.js';
import { ENGINE, type EngineIdentity } from '../identity.js';
import { WhitelistService } from '../whitelist/whitelist.service.js';
import { ErrorsFilter } from './errors.filter.js';

/** `banyan-cli events`. A revoked key loses its connections and with them this; a role that becomes narrower ends it. */
@Controller()
@UseGuards(AuthGuard)
@UseFilters(ErrorsFilter)
export class EventsController {
  constructor(
    @Inject(ENGINE) private readonly engine: EngineIdentity,
    private readonly events: NotableEvents,
    private readonly whitelist: WhitelistService,
    private readonly succession: Succession,
  ) {}

  @AllowedTo('cli')
  @GrpcMethod('OperatorService', 'followEvents')
  followEvents(
    @Payload() { sinceMs, last, follow, history, after }: FollowEventsRequest,
    @Caller() caller: CallContext,
    @Call() call: ServerWritableStream<FollowEventsRequest, FollowEventsResponse>,
  ): Observable<FollowEventsResponse> {
    const { events, whitelist } = this;
    const publicKey = whitelist.snapshot.named(caller.name ?? '')?.publicKey;
    const key = publicKey?.text ?? '';
    const { connection } = caller;
    return new Observable((responses) => {
      const isSame = history === events.history.id && after <= events.history.last;
      const seen = isSame
        ? after
        : events.history.begin(history === '' ? sinceMs : 0, history === '' ? last : 0);
      const stream = new EventStream(events.history, seen, {
        // Nest queues what it cannot write: nothing is given to it then.
        get full() {
          return call.writableNeedDrain;
        },
        write: (response) => responses.next(response),
      });
      const flush = (): void => {
        if (stream.flush() && !follow) responses.complete();
      };
      call.on('drain', flush);
      const subscriptions = [
        events.news.subscribe(flush),
        this.engine.draining.subscribe(() =>
          responses.error(new BanyanError('unavailable', 'the engine is stopping')),
        ),
        whitelist.changes.pipe(startWith(undefined)).subscribe(() => {
          const client = whitelist.snapshot.find(key);
          const denied = client && denialOf(client, 'cli');
          if (denied) responses.error(denied);
        }),
      ];
      // Of a new key of the engine the event itself tells.
      const leave =
        publicKey && connection && follow
          ? this.succession.follow({
              ...{ connection, publicKey, tell: () => undefined },
              end: (why) => responses.error(why),
            })
          : undefined;
      flush();
      return () => {
        leave?.();
        call.off('drain', flush);
        for (const subscription of subscriptions) subscription.unsubscribe();
      };
    });
  }
}
