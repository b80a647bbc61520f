import { BanyanError } from '#errors';

/** Never carries the output itself: that of `wg show … dump` begins with the private key. */
export function unreadableOutput(command: string, what: string): BanyanError {
  return new BanyanError('host', `the output of \`${command}\` cannot be understood: ${what}`, {
    remedy: 'Check that iproute2 and wireguard-tools are those of a supported distribution.',
  });
}
