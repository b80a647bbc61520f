import { BanyanError, messageOf } from '#errors';

/** An error with its remedy, as sentences that others may follow. */
export function sentence(error: unknown): string {
  const remedy = error instanceof BanyanError && error.remedy !== undefined ? ` ${error.remedy}` : '';
  return `${messageOf(error)}.${remedy}`;
}
