import { EVENTS, kindOf, type EventName } from './index.js';

const NAMES = Object.keys(EVENTS) as EventName[];

describe('the catalogue of events', () => {
  it('has names of the form that alerts and searches are written for', () => {
    for (const name of NAMES) expect(name).toMatch(/^[a-z_]+\.[a-z_]+$/);
  });

  it('says what each means in one line without a full stop', () => {
    for (const name of NAMES) expect(kindOf(name).means).toMatch(/^[A-Z][^\n|]*[^.]$/);
  });

  it('ends troubles that there are', () => {
    for (const name of NAMES) expect([undefined, ...NAMES]).toContain(kindOf(name).ends);
  });

  it('keeps what anybody can cause out of what operators are shown: it would push out the rest', () => {
    expect(NAMES.filter((name) => kindOf(name).isAnybodys && kindOf(name).isNotable)).toEqual([]);
  });

  it('writes every change of a state, down and up', () => {
    for (const name of ['agent.offline', 'agent.online', 'link.down', 'link.up', 'tunnel.down'] as const)
      expect(kindOf(name).isState).toBe(true);
  });
});
