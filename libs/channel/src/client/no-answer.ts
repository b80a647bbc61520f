/** Nothing came back, not even a refusal: no host is there, or something on the way drops what is sent. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';

  constructor() {
    super('no answer in time; is a firewall in the way?');
  }
}

/** Whether it is for that, on one path at least, that an engine was not reached. @param error of `openEngine`. */
export function isForNoAnswer(error: unknown): boolean {
  if (error instanceof NoAnswer) return true;
  if (error instanceof AggregateError) return error.errors.some(isForNoAnswer);
  return error instanceof Error && isForNoAnswer(error.cause);
}
