import type { SyncRequest, SyncResponse } from '#protocol';
import { OwedAnswers } from './owed-answers.js';

const ping: SyncResponse = { message: { $case: 'ping', value: { id: 7, publicKey: '' } } };
const pong: SyncRequest = { message: { $case: 'pong', value: { id: 7, link: undefined } } };
const links: SyncRequest = { message: { $case: 'links', value: { links: [], leftOut: 0 } } };

describe('an answer of an agent', () => {
  let owed: OwedAnswers;
  beforeEach(() => (owed = new OwedAnswers()));

  it('was asked for once for each question', () => {
    owed.told(ping);
    owed.told({ message: { $case: 'linkReportRequest', value: { most: 0 } } });
    expect([pong, links, pong].map((each) => owed.settles(each))).toEqual([true, true, false]);
  });

  it('is nothing that it says of itself, and no network is a question', () => {
    owed.told({ message: { $case: 'engineKey', value: { publicKey: '' } } });
    expect(owed.settles(pong)).toBe(false);
    owed.told(ping);
    expect(owed.settles({ message: { $case: 'linkCount', value: { up: 1, wanted: 1 } } })).toBe(false);
  });

  it('is not saved up without end by one that does not answer', () => {
    for (let asked = 0; asked < 1_000; asked += 1) owed.told(ping);
    let settled = 0;
    while (owed.settles(pong)) settled += 1;
    expect(settled).toBe(64);
  });
});
