import { leadTimes } from './lead-times.js';

describe('the moment at which hosts change over', () => {
  it('is the same for all of them, however far they are', () => {
    const ways = new Map([
      ['near', 2],
      ['far', 240],
    ]);
    const { lead, inMs } = leadTimes(ways);
    expect(lead).toBe(170);
    for (const [id, way] of ways) expect(inMs.get(id)! + way / 2).toBe(lead);
  });

  it('is soon when there is nobody', () => {
    expect(leadTimes(new Map())).toMatchObject({ lead: 50 });
  });
});
