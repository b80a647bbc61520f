import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Gate, refuseTakenPort } from '#channel';
import type { EngineSettings } from '#config';
import { makeDirectory, notifySystemd, stopSignal, version } from '#host';
import { ServiceLogger } from '#log';
import { EngineModule } from './engine.module.js';
import { GateStrategy } from './grpc/gate.strategy.js';

/** A shutdown that takes longer is cut off: systemd and people expect an end. */
const SHUTDOWN_LIMIT_MS = 4_500;

/**
 * Runs the engine until SIGTERM or SIGINT.
 * @throws BanyanError when it cannot start; nothing is left behind then.
 */
export async function startEngine(settings: EngineSettings): Promise<void> {
  const log = new Logger('engine');
  await makeDirectory(settings.stateDir, 0o700);
  await makeDirectory(settings.runDir, 0o755);
  // Before the control tunnel is made, which would stay behind.
  await refuseTakenPort(settings.grpcPort);
  const publicKey = settings.privateKey.publicKey;
  const gate = new Gate({ privateKey: settings.privateKey });
  const strategy = new GateStrategy(gate, {
    port: settings.grpcPort,
    adminSocket: `${settings.runDir}/admin.sock`,
  });
  const identity = { publicKey, version, startedAtMs: Date.now(), draining: strategy.draining };
  const app = await NestFactory.createMicroservice(EngineModule.forRoot(settings, identity, gate), {
    strategy,
    abortOnError: false,
    logger: new ServiceLogger(),
  });
  await app.listen();
  // Before anybody is told that it is ready: a signal that comes then is one to stop by, not to die of.
  const stopped = stopSignal();
  log.log(`ready on TCP port ${settings.grpcPort}, key ${publicKey.fingerprint}, version ${version}`);
  await notifySystemd('READY=1');
  log.log(`${await stopped}: stopping`);
  await notifySystemd('STOPPING=1');
  const limit = setTimeout(() => process.exit(1), SHUTDOWN_LIMIT_MS);
  await app.close();
  clearTimeout(limit);
  log.log('stopped');
}
