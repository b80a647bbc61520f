import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Server, ServerCredentials, type ServerWritableStream } from '@grpc/grpc-js';
import type { Server as Listener, Socket } from 'node:net';
import { join } from 'node:path';
import { listenPrivately, toStatus } from '#channel';
import type { AgentSettings } from '#config';
import { asBanyanError } from '#errors';
import { log, logLevel } from '#log';
import {
  AgentServiceService,
  type AgentServiceServer,
  type RotateRequest,
  type RotateResponse,
} from '#protocol';
import { SETTINGS } from '../tokens.js';
import { Rotator } from './rotator.js';

/** Of the run directory: 0600, so that whoever can open it is root or the agent's user. */
const AGENT_SOCKET = 'agent.sock';

/** What `banyan-agent` asks of the agent that runs on this host. */
@Injectable()
export class AgentSocket implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #server = new Server();
  #listener: Listener | undefined;

  constructor(
    @Inject(SETTINGS) private readonly settings: AgentSettings,
    private readonly rotator: Rotator,
  ) {
    const service: AgentServiceServer = {
      rotate: (call) => void this.#rotate(call),
      logLevel: ({ request }, answer) => {
        try {
          answer(null, logLevel.ask(request.level, request.forMs));
        } catch (error) {
          answer(toStatus(asBanyanError(error)));
        }
      },
    };
    this.#server.addService(AgentServiceService, service);
  }

  async onApplicationBootstrap(): Promise<void> {
    const door = this.#server.createConnectionInjector(ServerCredentials.createInsecure());
    // The lock of the run directory says that no other agent has it.
    const onSocket = (socket: Socket): void => {
      socket.on('error', () => socket.destroy());
      door.injectConnection(socket);
    };
    this.#listener = await listenPrivately(join(this.settings.runDir, AGENT_SOCKET), onSocket, log);
  }

  beforeApplicationShutdown(): void {
    this.#listener?.close();
    this.#server.forceShutdown();
  }

  async #rotate(call: ServerWritableStream<RotateRequest, RotateResponse>): Promise<void> {
    try {
      const report = await this.rotator.rotate((saying) => {
        call.write({ message: { $case: 'saying', value: saying } });
      });
      const { state, name, from, to, engineKey, moved, offline } = report;
      const value = {
        denied: state === 'denied',
        name,
        publicKey: to.text,
        formerPublicKey: from.text,
        enginePublicKey: engineKey.text,
        moved: [...moved],
        offline: [...offline],
      };
      call.write({ message: { $case: 'result', value } });
      call.end();
    } catch (error) {
      call.emit('error', toStatus(asBanyanError(error)));
    }
  }
}
