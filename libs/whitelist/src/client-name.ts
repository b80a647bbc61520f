import { BanyanError } from '#errors';

/** A client's display name: the file name without `.pub`. Safe in a path, a log line and a table. */
export type ClientName = string & { readonly __brand: 'ClientName' };

export const CLIENT_FILE_SUFFIX = '.pub';

/** No leading dot (hidden, or `..`) and no leading dash (an option to some program). */
const NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,62}$/;

export const NAME_RULE = 'letters, digits, ".", "_" and "-", at most 63, not starting with "." or "-"';

export function isClientName(text: string): text is ClientName {
  return NAME.test(text);
}

/** @throws BanyanError `invalid`; the message shows the name with everything unprintable escaped. */
export function parseClientName(text: string): ClientName {
  if (isClientName(text)) return text;
  throw new BanyanError('invalid', `"${escapedName(text)}" is not a client name`, {
    remedy: `A name is ${NAME_RULE}, for example worker-1.`,
  });
}

/** A name from outside as printable ASCII, cut short: terminals and logs act on some characters. */
export function escapedName(text: string): string {
  const short = text.length > 80 ? `${text.slice(0, 80)}...` : text;
  return short.replace(/[^\x20-\x7e]|["\\]/g, (character) => {
    const code = character.charCodeAt(0);
    return code < 0x100
      ? `\\x${code.toString(16).padStart(2, '0')}`
      : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}
