import { Pauses } from './pauses.js';

const looks = (pauses: Pauses, count: number, share: number): boolean[] =>
  Array.from({ length: count }, () => pauses.look(share));

describe('Memory is given back', () => {
  it('as a pause begins, for a while', () => {
    const saving = looks(new Pauses(), 100, 0.02);
    expect(saving.slice(0, 12)).not.toContain(false);
    expect(saving.slice(12)).not.toContain(true);
  });

  it('never while there is work, which would take longer', () => {
    const pauses = new Pauses();
    expect(looks(pauses, 10, 0.6)).not.toContain(true);
    pauses.look(0.02);
    expect(pauses.look(0.6)).toBe(false);
  });

  it('again in the pause after more work', () => {
    const pauses = new Pauses();
    looks(pauses, 50, 0.02);
    pauses.look(0.6);
    expect(pauses.look(0.02)).toBe(true);
  });

  it('now and then in a pause that lasts', () => {
    const pauses = new Pauses();
    looks(pauses, 119, 0.02);
    expect([pauses.look(0.02), pauses.look(0.02)]).toEqual([false, true]);
  });
});
