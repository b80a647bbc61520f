/** What of a long list is shown, and how much is not. */
export interface Foremost<L> {
  readonly links: readonly L[];
  readonly leftOutDown: number;
  readonly leftOutUp: number;
}

/**
 * Of the links that are not up and those that are, both with the most notable first, as many as there is room for.
 * Neither crowds the other out: each has half of the room, and what the other does not need.
 */
export function foremost<L>(down: readonly L[], up: readonly L[], most: number): Foremost<L> {
  const half = Math.ceil(most / 2);
  const downs = Math.min(down.length, Math.max(half, most - up.length), most);
  const ups = Math.min(up.length, most - downs);
  return {
    links: [...down.slice(0, downs), ...up.slice(0, ups)],
    leftOutDown: down.length - downs,
    leftOutUp: up.length - ups,
  };
}
