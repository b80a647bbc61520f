import { EtcdAuthenticationFailedError, EtcdPermissionDeniedError, GRPCUnauthenticatedError } from 'etcd3';
import { BanyanError, messageOf } from '#errors';

/** What a failed call means to those who use the store; the answer of etcd itself is part of the message. */
export function etcdError(address: string, error: unknown): BanyanError {
  if (error instanceof BanyanError) return error;
  const said = messageOf(error)
    .replace(/\p{Cc}+/gu, ' ')
    .slice(0, 300);
  if (said.includes('database space exceeded')) {
    return new BanyanError('exhausted', `etcd at ${address} is out of space`, {
      remedy:
        'Compact and defragment it, then disarm its alarm: etcdctl compact, etcdctl defrag, etcdctl alarm disarm.',
      cause: error,
    });
  }
  if (refused(error) || said.includes('etcdserver: user name is empty')) {
    return new BanyanError('forbidden', `etcd at ${address} does not let the engine in: ${said}`, {
      remedy: 'Let the engine read and write the keys under /banyan/v1/.',
      cause: error,
    });
  }
  return new BanyanError('unavailable', `etcd at ${address} does not answer: ${said}`, {
    remedy: 'Check that etcd runs, and `store_address` in the engine section of banyan.yaml.',
    cause: error,
  });
}

function refused(error: unknown): boolean {
  return [EtcdAuthenticationFailedError, EtcdPermissionDeniedError, GRPCUnauthenticatedError].some(
    (kind) => error instanceof kind,
  );
}
