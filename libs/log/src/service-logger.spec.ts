import { Logger } from '@nestjs/common';
import { ServiceLogger } from './index.js';

function logged(journal: boolean, log: (logger: ServiceLogger) => void): string[] {
  const lines: string[] = [];
  log(new ServiceLogger({ journal, write: (line) => lines.push(line) }));
  return lines;
}

describe('ServiceLogger', () => {
  it('writes time, level, context and message on one line', () => {
    const [line] = logged(false, (logger) => logger.warn('refused somebody', 'auth'));
    expect(line).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z WARN {2}auth: refused somebody$/);
  });

  it('leaves time and level to the journal', () => {
    expect(logged(true, (logger) => logger.error('broken', 'store'))).toContain('<3>store: broken');
  });

  it('cannot be made to write a second line or to move the cursor', () => {
    const lines = logged(true, (logger) => logger.log('one\nERROR auth: forged\r\u001b[2J\u009b', 'x'));
    expect(lines).toEqual(['<6>x: one\\nERROR auth: forged\\u000d\\u001b[2J\\u009b']);
  });

  it("leaves out Nest's own account of its start-up, but not its errors", () => {
    expect(logged(true, (logger) => logger.log('Starting Nest application...', 'NestFactory'))).toEqual([]);
    expect(logged(true, (logger) => logger.error('cannot resolve', 'NestFactory'))).toContain(
      '<3>NestFactory: cannot resolve',
    );
  });

  it('serves Nest loggers made before it', () => {
    const early = new Logger('early');
    const lines = logged(true, (logger) => {
      Logger.overrideLogger(logger);
      early.log('here');
      Logger.overrideLogger(false);
    });
    expect(lines).toEqual(['<6>early: here']);
  });
});
