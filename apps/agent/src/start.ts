import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { AgentSettings } from '#config';
import { asBanyanError, complaint } from '#errors';
import { awaiting, makeDirectory, notifySystemd, shutDown, stopSignals, version } from '#host';
import { log, nestLog, startLog } from '#log';
import { AgentModule } from './agent.module.js';
import { makeContainerNetworks, makeDataPlane } from './data-plane.js';
import { onlyAgent } from './only-agent.js';
import { OwnKeys } from './own-keys.js';
import { makeTunnel } from './tunnel.js';

/** Milliseconds; less than the service is given (`TimeoutStopSec=`), so that there is an end that says why. */
const SHUTDOWN_LIMIT_MS = 8_000;

/** Runs the agent until SIGTERM or SIGINT. It never ends because its engine is away. */
export async function startAgent(settings: AgentSettings): Promise<void> {
  startLog(settings.log);
  await makeDirectory(settings.stateDir, 0o700);
  const lock = await onlyAgent(settings.runDir);
  const keys = await loadKeys(settings);
  const tunnel = makeTunnel(settings);
  tunnel.watch();
  const app = await NestFactory.createApplicationContext(
    AgentModule.forRoot(settings, keys, {
      tunnel,
      dataPlane: makeDataPlane(settings),
      containers: makeContainerNetworks(),
    }),
    { abortOnError: false, logger: nestLog(log) },
  );
  // Before anybody is told that it has started: a signal that comes then is one to stop by, not to die of.
  const signals = stopSignals();
  log.say('agent.started', `started, key ${keys.current.publicKey.fingerprint}, version ${version}`, {
    version,
  });
  await notifySystemd('READY=1');
  log.say('agent.stopping', `${await signals.first}: stopping`);
  const stop = async (): Promise<void> => {
    await notifySystemd('STOPPING=1');
    await app.close();
    await awaiting('the control tunnel', tunnel.close());
  };
  await shutDown(stop, {
    limit: SHUTDOWN_LIMIT_MS,
    impatience: signals.second,
    say: (sentence) => {
      log.say('stop.cut_short', sentence);
      log.flush();
    },
  });
  await lock.release();
  log.say('agent.stopped', 'stopped');
  log.flush();
}

/** A spare key that cannot be read is no reason not to start: there is the one in the config. */
async function loadKeys(settings: AgentSettings): Promise<OwnKeys> {
  const keys = new OwnKeys(settings);
  try {
    await keys.load();
    await keys.tidy();
  } catch (error) {
    log.say('state.unreadable', complaint(asBanyanError(error)));
  }
  return keys;
}
