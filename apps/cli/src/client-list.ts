import { string } from '@oclif/core/flags';

/** What the two lists of clients have in common, for the command line and for documents. */

export const CLIENT_LIST_FLAGS = {
  unseen: string({
    description: 'only those that were not seen for this long, or since this day, or never',
    helpValue: 'WHEN',
  }),
};

export const CLIENT_LIST_ANSWER =
  'an array: name, public_key, tunnel_address, state, role, expires, note, reason, last_seen';
