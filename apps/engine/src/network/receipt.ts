/** Who has taken a key that was revoked, or is no agent's any more, out of its network. Names, sorted. */
export interface Receipt {
  readonly applied: readonly string[];
  /** Online, and has not said so. */
  readonly pending: readonly string[];
  /** Applies it on its return: what it is sent then does not have the key. */
  readonly offline: readonly string[];
  /** From the question to the answer. */
  readonly milliseconds: number;
}

/** As `11/11 online agents applied in 140 ms; 1 offline: worker-9 (applies on return)`. */
export function receiptText({ applied, pending, offline, milliseconds }: Receipt): string {
  const online = applied.length + pending.length;
  const verb = offline.length === 1 ? 'applies' : 'apply';
  return [
    `${applied.length}/${online} online agents applied in ${milliseconds} ms`,
    ...(offline.length === 0 ? [] : [`${offline.length} offline: ${offline.join(', ')} (${verb} on return)`]),
    ...(pending.length === 0 ? [] : [`no answer from ${pending.join(', ')}`]),
  ].join('; ');
}
