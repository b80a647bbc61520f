import { jest } from '@jest/globals';
import { EventLog, LevelSwitch, nestLog, type Said } from './index.js';

let lines: string[];
let log: EventLog;
beforeEach(() => {
  jest.useFakeTimers();
  lines = [];
  log = new EventLog({ journal: true, write: (line) => void lines.push(line) });
});
afterEach(() => jest.useRealTimers());

describe('the log of a service', () => {
  it('writes what is worth as much as its level or more', () => {
    log.say('call.served', 'a call');
    log.say('store.opened', 'the store');
    log.level = 'debug';
    log.say('call.served', 'another');
    log.level = 'error';
    log.say('agent.offline', 'gone', { name: 'worker-1' });
    expect(lines).toEqual(['<6>store.opened: the store', '<7>call.served: another']);
  });

  it('tells of notable events whatever its level, and of no others', () => {
    const told: Said[] = [];
    const leave = log.follow((said) => told.push(said));
    log.level = 'error';
    log.say('agent.offline', 'gone', { name: 'worker-1' });
    log.say('call.refused', 'somebody');
    leave();
    log.say('agent.online', 'back', { name: 'worker-1' });
    expect(told).toMatchObject([{ event: 'agent.offline', name: 'worker-1', message: 'gone' }]);
    expect(lines).toEqual([]);
  });

  it('counts what repeats, by itself when the minute is over', () => {
    for (let time = 0; time < 3; time++) log.say('network.failed', 'no disk');
    expect(lines).toEqual(['<3>network.failed: no disk']);
    jest.advanceTimersByTime(60_001);
    expect(lines.slice(1)).toEqual(['<3>network.failed: 2 more times in 60 s: no disk']);
  });

  it('loses no count at a stop', () => {
    for (let time = 0; time < 3; time++) log.say('network.failed', 'no disk');
    log.flush();
    expect(lines.at(-1)).toBe('<3>network.failed: 2 more times in 1 s: no disk');
  });

  it('takes what Nest complains of, in one line, and not its account of its start-up', () => {
    const nest = nestLog(log);
    nest.log('Starting Nest application...', 'NestFactory');
    nest.error('cannot resolve', 'at x\n  at y', 'Injector');
    expect(lines).toEqual(['<3>service.failed: cannot resolve\\nat x\\n  at y\\nInjector']);
  });
});

describe('the level of a log', () => {
  let level: LevelSwitch;
  beforeEach(() => {
    level = new LevelSwitch(log);
    level.configure('warn');
  });

  it('is that of the settings, until it is changed', () => {
    expect(level.report).toEqual({ level: 'warn', configured: 'warn', backInMs: 0 });
    expect(level.set('debug', 0)).toEqual({ level: 'debug', configured: 'warn', backInMs: 0 });
    jest.advanceTimersByTime(86_400_000);
    expect(log.level).toBe('debug');
  });

  it('is back by itself when time is over, and says so either time', () => {
    expect(level.set('debug', 600_000)).toEqual({ level: 'debug', configured: 'warn', backInMs: 600_000 });
    jest.advanceTimersByTime(599_000);
    expect(level.report).toMatchObject({ level: 'debug', backInMs: 1_000 });
    jest.advanceTimersByTime(1_000);
    expect(level.report).toEqual({ level: 'warn', configured: 'warn', backInMs: 0 });
    expect(lines).toEqual([
      '<6>log.level_changed: the level of this log is debug, for 600 s; it was warn',
      '<6>log.level_changed: the level of this log is warn again; it was debug',
    ]);
  });

  it('is what was said last: an older return does not undo it', () => {
    level.set('debug', 1_000);
    level.set('error', 0);
    jest.advanceTimersByTime(2_000);
    expect(log.level).toBe('error');
  });
});
