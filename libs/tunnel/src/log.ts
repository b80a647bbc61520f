/** Where the tunnel says what it did: one line a message, no key but public ones. */
export interface Log {
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}
