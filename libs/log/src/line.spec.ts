import fc from 'fast-check';
import { lineOf } from './line.js';
import { said, type About } from './said.js';

const AT = Date.UTC(2026, 10, 26, 7);

function text(message: string, about: About = {}): string {
  return lineOf(said('agent.offline', message, about, AT), 'text', false);
}

function parsed(message: string, about: About = {}): unknown {
  return JSON.parse(lineOf(said('agent.offline', message, about, AT), 'json', false));
}

describe('a line of the log', () => {
  it('has time, level, event, name and sentence', () => {
    expect(text('its stream ended', { name: 'worker-1' })).toBe(
      '2026-11-26T07:00:00.000Z WARN  agent.offline worker-1: its stream ended',
    );
  });

  it('has no name where it concerns nobody', () => {
    expect(text('x')).toBe('2026-11-26T07:00:00.000Z WARN  agent.offline: x');
  });

  it('leaves time and level to the journal, in both forms', () => {
    const one = said('tunnel.peer_refused', 'broken', {}, AT);
    expect(lineOf(one, 'text', true)).toBe('<3>tunnel.peer_refused: broken');
    expect(lineOf(one, 'json', true)).toMatch(/^<3>\{"time":"2026-/);
  });

  it('is one object in JSON, with what programs should not read out of the sentence', () => {
    expect(parsed('online by tunnel', { name: 'worker-1', path: 'tunnel', to: undefined })).toEqual({
      time: '2026-11-26T07:00:00.000Z',
      level: 'warn',
      event: 'agent.offline',
      name: 'worker-1',
      message: 'online by tunnel',
      path: 'tunnel',
    });
  });

  it('is what it says it is, whatever its details are called', () => {
    expect(parsed('x', { event: 'forged', level: 'debug', time: 'never', message: 'y' })).toMatchObject({
      ...{ event: 'agent.offline', level: 'warn', message: 'x' },
    });
  });

  it('cannot be made two, nor move the cursor or reorder the line, whatever is in it', () => {
    expect(text('one\nERROR auth: forged\r\u001b[2J\u009b')).toContain(
      'one\\nERROR auth: forged\\u000d\\u001b[2J\\u009b',
    );
    expect(text('x\u202egnp\u2066')).toContain('x\\u202egnp\\u2066');
    const any = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(any, any, (message, name) => {
        const one = said('agent.offline', message, { name, detail: message, more: [message] }, AT);
        for (const format of ['text', 'json'] as const)
          expect(lineOf(one, format, false)).not.toMatch(/\p{Cc}/u);
      }),
    );
  });

  it('is bounded', () => {
    expect(text('x'.repeat(1_000_000)).length).toBeLessThan(10_000);
  });
});
