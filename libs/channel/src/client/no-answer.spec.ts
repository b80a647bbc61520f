import { BanyanError } from '#errors';
import { isForNoAnswer, NoAnswer } from './no-answer.js';

const failed = (cause: unknown) => new BanyanError('unavailable', 'no engine reached', { cause });

describe('an engine that is not reached', () => {
  it.each([
    ['by the only path', failed(new NoAnswer())],
    ['by one of two', failed(new AggregateError([failed(new Error('refused')), failed(new NoAnswer())]))],
  ])('is known to be silent %s', (_, error) => {
    expect(isForNoAnswer(error)).toBe(true);
  });

  it.each([
    ['refuses', failed(new AggregateError([failed(new Error('connection refused'))]))],
    ['says these words itself', failed(new Error('no answer in time; is a firewall in the way?'))],
    ['fails for no reason', failed(undefined)],
  ])('is not taken for silent when it %s', (_, error) => {
    expect(isForNoAnswer(error)).toBe(false);
  });
});
