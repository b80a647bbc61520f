/**
 * Characters that a terminal obeys instead of showing them, the control characters C0, DEL and C1, and those that change
 * the order of what is shown (Unicode Standard Annex 9), with the two other ends of lines.
 */
// eslint-disable-next-line no-control-regex -- they are what is meant
export const TERMINAL_ORDERS = /[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;
