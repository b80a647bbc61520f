import { EtcdAuthenticationFailedError, EtcdPermissionDeniedError, GRPCUnauthenticatedError } from 'etcd3';
import { BanyanError, messageOf, type ErrorKind } from '#errors';

interface Meaning {
  readonly said: RegExp;
  readonly kind: ErrorKind;
  /** Completes the sentence that begins with etcd and its address. */
  readonly problem: string;
  readonly remedy: string;
  /** Whether etcd's own words add something. */
  readonly quote?: boolean;
}

/** What etcd and its connection say, and what to do about it; the first that fits. */
const MEANINGS: readonly Meaning[] = [
  {
    said: /database space exceeded/,
    kind: 'exhausted',
    problem: 'is out of space',
    remedy:
      'Compact and defragment it, then disarm its alarm: etcdctl compact, etcdctl defrag, etcdctl alarm disarm.',
  },
  {
    said: /authentication failed, invalid user ID or password/,
    kind: 'forbidden',
    problem: 'knows no such user with this password',
    remedy:
      'Check store_username in banyan.yaml and the content of store_password_file, then restart the engine.',
  },
  {
    said: /authentication is not enabled/,
    kind: 'forbidden',
    problem: 'asks nobody for a password, although store_username is set',
    remedy: '`etcdctl auth enable`, or take store_username and store_password_file out of banyan.yaml.',
  },
  {
    said: /user name is empty/,
    kind: 'forbidden',
    problem: 'does not let the engine in without a user',
    remedy: 'Set store_username and store_password_file, or a client certificate with the name of a user.',
  },
  {
    said: /permission denied/i,
    kind: 'forbidden',
    problem: 'does not let the user of the engine read and write its keys',
    remedy:
      'Give a role of that user all below /banyan/v1/: `etcdctl role grant-permission ROLE readwrite --prefix=true /banyan/v1/`.',
  },
  {
    said: /self[- ]signed certificate|unable to (verify|get)|certificate (has expired|is not yet valid)|does not match certificate|Hostname\/IP/i,
    kind: 'unavailable',
    problem: 'has a certificate that the engine does not accept',
    remedy: 'Check store_ca_file, and that the certificate of etcd is for the host in store_address.',
    quote: true,
  },
  {
    said: /ssl3?_|tls_|SSL alert|tlsv1|EPROTO/i,
    kind: 'unavailable',
    problem: 'refuses the TLS connection',
    remedy:
      'If it asks for a client certificate, set store_cert_file and store_key_file to one of its authority; if it has no TLS, use http in store_address.',
    quote: true,
  },
];

const SILENT: Meaning = {
  said: /^/,
  kind: 'unavailable',
  problem: 'does not answer',
  remedy:
    'Check that etcd runs, and `store_address` in the engine section of banyan.yaml (https, and store_cert_file, if etcd asks for them).',
  quote: true,
};

const REFUSING: Meaning = {
  said: /^/,
  kind: 'forbidden',
  problem: 'does not let the engine in',
  remedy: 'Let the engine read and write the keys under /banyan/v1/.',
  quote: true,
};

/** What a failed call means to those who use the store. */
export function etcdError(address: string, error: unknown): BanyanError {
  if (error instanceof BanyanError) return error;
  const said = messageOf(error)
    .replace(/\p{Cc}+/gu, ' ')
    .slice(0, 300);
  const meaning = MEANINGS.find((one) => one.said.test(said)) ?? (refused(error) ? REFUSING : SILENT);
  const quoted = meaning.quote === true ? `: ${said}` : '';
  return new BanyanError(meaning.kind, `etcd at ${address} ${meaning.problem}${quoted}`, {
    remedy: meaning.remedy,
    cause: error,
  });
}

function refused(error: unknown): boolean {
  return [EtcdAuthenticationFailedError, EtcdPermissionDeniedError, GRPCUnauthenticatedError].some(
    (kind) => error instanceof kind,
  );
}
