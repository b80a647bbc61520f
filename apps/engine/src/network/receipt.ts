/** Who has taken a key that was revoked, or is no agent's any more, out of its network. Names, sorted. */
export interface Receipt {
  readonly applied: readonly string[];
  /** Online, and has not said so. */
  readonly pending: readonly string[];
  /** Those of the pending that have answered, with their reason: it refuses the network as it is now, or holds another. */
  readonly refused: readonly { readonly name: string; readonly why: string }[];
  /** Applies it on its return: what it is sent then does not have the key. */
  readonly offline: readonly string[];
  /** The network is described with the key even now: nobody can have taken it out, and all are pending. */
  readonly published: boolean;
  /** From the question to the answer. */
  readonly milliseconds: number;
}

/** As `11/11 online agents applied in 140 ms; 1 offline: worker-9 (applies on return)`. */
export function receiptText({
  applied,
  pending,
  offline,
  refused,
  published,
  milliseconds,
}: Receipt): string {
  if (published)
    return `after ${milliseconds} ms the engine still tells agents of its key, and none has taken it out`;
  const online = applied.length + pending.length;
  const verb = offline.length === 1 ? 'applies' : 'apply';
  const silent = pending.filter((one) => !refused.some((other) => other.name === one));
  return [
    `${applied.length}/${online} online agents applied in ${milliseconds} ms`,
    ...(offline.length === 0 ? [] : [`${offline.length} offline: ${offline.join(', ')} (${verb} on return)`]),
    ...(silent.length === 0 ? [] : [`no answer from ${silent.join(', ')}`]),
    ...refused.map(({ name: one, why }) => `${one} has not, as it says: ${why}`),
  ].join('; ');
}
