import { Injectable, type OnModuleInit } from '@nestjs/common';
import { status } from '@grpc/grpc-js';
import { Gate, type EndedCall } from '#channel';
import { log } from '#log';

/** Tells of every call, where somebody wants to know it that well. */
@Injectable()
export class CallLog implements OnModuleInit {
  constructor(private readonly gate: Gate) {}

  onModuleInit(): void {
    this.gate.observeCalls((call) => {
      if (log.says('debug')) say(call);
    });
  }
}

function say({ method, code, connection, name, milliseconds }: EndedCall): void {
  const took = Math.round(milliseconds * 10) / 10;
  const caller = connection?.path === 'admin' ? 'the admin socket' : connection?.remoteAddress;
  const by = name !== undefined || caller === undefined ? '' : ` by ${caller}`;
  log.say('call.served', `${method}${by} ended with ${status[code]} after ${took} ms`, {
    ...{ name, method, code: status[code], milliseconds: took },
    path: connection?.path,
  });
}
