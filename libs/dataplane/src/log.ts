/** Where the data plane says what it cannot return: one line a message. */
export interface Log {
  warn(message: string): void;
}
