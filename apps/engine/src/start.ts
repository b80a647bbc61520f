import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { Gate, refuseLiveSocket, refuseTakenPort } from '#channel';
import type { EngineSettings } from '#config';
import { makeDirectory, notifySystemd, shutDown, stopSignals, version } from '#host';
import { log, nestLog, startLog } from '#log';
import { EngineModule } from './engine.module.js';
import { EngineKeys } from './keys/engine-keys.js';
import { GateStrategy } from './grpc/gate.strategy.js';
import { ControlTunnel } from './tunnel/control-tunnel.js';

/** Milliseconds; a shutdown that takes longer is cut off: systemd and people expect an end. */
const SHUTDOWN_LIMIT_MS = 4_500;

/**
 * Runs the engine until SIGTERM or SIGINT.
 * @throws BanyanError when it cannot start; nothing is left behind then.
 */
export async function startEngine(settings: EngineSettings): Promise<void> {
  startLog(settings.log);
  await makeDirectory(settings.stateDir, 0o700);
  await makeDirectory(settings.runDir, 0o755);
  const adminSocket = `${settings.runDir}/admin.sock`;
  // Before the control tunnel is touched: it may be that of the engine which has these.
  await refuseTakenPort(settings.grpcPort);
  await refuseLiveSocket(adminSocket);
  const keys = await EngineKeys.open(settings);
  const gate = new Gate({
    privateKey: keys.current,
    previousKey: keys.previous?.privateKey,
    limits: settings.limits,
    log,
  });
  const strategy = new GateStrategy(gate, { port: settings.grpcPort, adminSocket });
  const engine = { version, startedAtMs: Date.now(), draining: strategy.draining };
  const app = await NestFactory.createMicroservice(EngineModule.forRoot(settings, engine, gate, keys), {
    strategy,
    abortOnError: false,
    logger: nestLog(log),
  });
  try {
    await app.listen();
  } catch (error) {
    await app.get(ControlTunnel).undo();
    throw error;
  }
  // Before anybody is told that it is ready: a signal that comes then is one to stop by, not to die of.
  const signals = stopSignals();
  log.say(
    'engine.started',
    `ready on TCP port ${settings.grpcPort}, key ${keys.current.publicKey.fingerprint}, version ${version}`,
    { version },
  );
  await notifySystemd('READY=1');
  log.say('engine.stopping', `${await signals.first}: stopping`);
  const stop = async (): Promise<void> => {
    await notifySystemd('STOPPING=1');
    await app.close();
  };
  await shutDown(stop, {
    limit: SHUTDOWN_LIMIT_MS,
    impatience: signals.second,
    say: (sentence) => {
      log.say('stop.cut_short', sentence);
      log.flush();
    },
  });
  log.say('engine.stopped', 'stopped');
  log.flush();
}
