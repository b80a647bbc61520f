/** Whether it is a terminal on which a line can be taken back: one that calls itself dumb cannot (terminfo, `dumb`). */
export function hasScreen(stream: { readonly isTTY?: boolean }): boolean {
  return stream.isTTY === true && process.env['TERM'] !== 'dumb';
}
