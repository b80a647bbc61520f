/** Where is said what cannot be returned: one line a message. */
export interface Log {
  warn(message: string): void;
}
