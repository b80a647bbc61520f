import { Pauses } from './pauses.js';

const looks = (pauses: Pauses, count: number, share: number): boolean[] =>
  Array.from({ length: count }, () => pauses.look(share));

describe('Memory is given back', () => {
  it('soon after a pause has begun, for a while', () => {
    const saving = looks(new Pauses(), 100, 0.02);
    expect(saving.slice(0, 2)).not.toContain(true);
    expect(saving.slice(2, 14)).not.toContain(false);
    expect(saving.slice(14)).not.toContain(true);
  });

  it('never while there is work, which would take longer', () => {
    const pauses = new Pauses();
    expect(looks(pauses, 10, 0.6)).not.toContain(true);
    pauses.look(0.02);
    expect(pauses.look(0.6)).toBe(false);
  });

  it('again in the pause after more work', () => {
    const pauses = new Pauses();
    looks(pauses, 20, 0.02);
    pauses.look(0.6);
    expect(looks(pauses, 3, 0.02)).toEqual([false, false, true]);
  });

  it('never by single looks that find nothing between others that do', () => {
    const pauses = new Pauses();
    const saving = Array.from({ length: 400 }, (_, n) => pauses.look(n % 3 === 0 ? 0.11 : 0.09));
    expect(saving).not.toContain(true);
  });

  it('for a tenth of the time in the long run, however many pauses there are', () => {
    const pauses = new Pauses();
    const saving = Array.from({ length: 1_200 }, (_, n) => pauses.look(n % 20 === 0 ? 0.6 : 0.02));
    const saved = saving.filter(Boolean).length;
    expect(saved).toBeGreaterThan(60);
    expect(saved).toBeLessThanOrEqual(120 + 24);
  });

  it('now and then in a pause that lasts', () => {
    const pauses = new Pauses();
    looks(pauses, 121, 0.02);
    expect([pauses.look(0.02), pauses.look(0.02)]).toEqual([false, true]);
  });
});
