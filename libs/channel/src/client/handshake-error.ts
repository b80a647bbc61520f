import type { PublicKey } from '#crypto';
import { BanyanError, codeOf } from '#errors';

const COMPARE =
  'with the fingerprint that `banyan-engine status` prints on the engine; if the engine was set up anew, give its new key with `init --keep --engine-wg-public-key`.';

/**
 * Why a handshake failed, as far as that can be known. Nothing here was proven, so it may be anybody's doing: what is
 * said is what the engine that was meant would do so for.
 */
export function handshakeError(cause: unknown, engine: PublicKey): BanyanError {
  switch (codeOf(cause)) {
    // RFC 8446, section 4.2.11: the proof in the hello does not fit. An engine with another key says so, and one that
    // spends no key exchange on a stranger says the same, or a key's place on the whitelist could be told.
    case 'ERR_SSL_TLSV1_ALERT_DECRYPT_ERROR':
      return new BanyanError(
        'unavailable',
        `what answers there took no proof of this key: it does not hold the engine key ${engine.fingerprint}, or had too many handshakes by keys that are not admitted`,
        {
          remedy: `While this key is not on the whitelist, wait a few seconds and try again: the engine takes few such handshakes at a time, in all and from one address. Otherwise compare the key ${COMPARE}`,
          cause,
        },
      );
    case 'ECONNRESET':
    case 'EPIPE':
      return new BanyanError(
        'unavailable',
        'the connection was closed during the handshake, without a reason',
        {
          remedy:
            'Try again in a few seconds: the engine does so when it stops, and when it has too many connections of unknown callers, which its log then says (`limited`). If it goes on, see whether banyan-engine is what listens there, and what is in between.',
          cause,
        },
      );
    default:
      return new BanyanError(
        'unavailable',
        `what answers there did not prove that it holds the engine key ${engine.fingerprint}`,
        { remedy: `Compare it ${COMPARE}`, cause },
      );
  }
}
