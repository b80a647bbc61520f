import { Metadata, status, type ServiceError } from '@grpc/grpc-js';
import fc from 'fast-check';
import { BanyanError, type ErrorKind } from '#errors';
import { fromStatus, toStatus } from './status-error.js';

const KINDS: readonly ErrorKind[] = [
  'invalid',
  'conflict',
  'not-found',
  'unauthenticated',
  'forbidden',
  'unavailable',
  'host',
  'exhausted',
];

function received(sent: { code: status; details: string }): ServiceError {
  return Object.assign(new Error(sent.details), { ...sent, metadata: new Metadata() });
}

describe('a domain error', () => {
  it('arrives at the other end with its kind, message and remedy', () => {
    const sentence = fc.string({ minLength: 1 }).filter((text) => !text.includes('\nTry: '));
    fc.assert(
      fc.property(
        fc.constantFrom(...KINDS),
        sentence,
        fc.option(sentence, { nil: undefined }),
        (kind, message, remedy) => {
          const arrived = fromStatus(
            received(toStatus(new BanyanError(kind, message, remedy === undefined ? {} : { remedy }))),
          );
          expect([arrived.kind, arrived.message, arrived.remedy]).toEqual([kind, message, remedy]);
        },
      ),
    );
  });

  it('is "unavailable" for a call that took too long or failed in a way nobody sends', () => {
    expect(fromStatus(received({ code: status.DEADLINE_EXCEEDED, details: 'late' })).kind).toBe(
      'unavailable',
    );
    expect(fromStatus(received({ code: status.INTERNAL, details: 'broken' })).kind).toBe('unavailable');
    expect(fromStatus(received({ code: status.UNKNOWN, details: '' })).message).toContain('status 2');
  });

  it.each([
    [
      status.DEADLINE_EXCEEDED,
      'Deadline exceeded after 10.002s,remote_addr=10.200.0.1:50051',
      'no answer within 10 s',
    ],
    [status.UNAVAILABLE, 'Connection dropped', 'the other end went away'],
    [
      status.INTERNAL,
      'Received RST_STREAM with code 0 (Call ended without gRPC status)',
      'the other end broke the call off',
    ],
    [status.UNAVAILABLE, 'the engine is stopping', 'the engine is stopping'],
  ])('says in plain words what nobody has sent', (code, details, message) => {
    expect(fromStatus(received({ code, details })).message).toBe(message);
  });
});
