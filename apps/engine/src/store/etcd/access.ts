import { createPrivateKey, X509Certificate } from 'node:crypto';
import { getCACertificates } from 'node:tls';
import { readGivenFile, readSecretFile, type StoreAccess } from '#config';
import { BanyanError } from '#errors';

/** How the engine and etcd know each other, with what was in the files. */
export interface EtcdAccess {
  readonly user?: { readonly name: string; readonly password: string };
  /** PEM, as gRPC takes it. */
  readonly tls?: {
    readonly rootCertificate: Buffer;
    readonly certChain?: Buffer;
    readonly privateKey?: Buffer;
  };
}

/**
 * Reads the files that the settings name.
 *
 * @throws BanyanError that names the file and what is wrong with it, never with a word of its content.
 */
export async function readAccess(addresses: readonly string[], settings: StoreAccess): Promise<EtcdAccess> {
  const isTls = addresses.every((address) => /^https:/i.test(address));
  return { ...(await readUser(settings)), ...(isTls ? { tls: await readTls(settings) } : {}) };
}

async function readUser({ username, passwordFile }: StoreAccess): Promise<Pick<EtcdAccess, 'user'>> {
  if (username === undefined || passwordFile === undefined) return {};
  const text = await readSecretFile(passwordFile, 'the password file');
  // The end of the line that editors add; spaces may belong to it.
  const password = text.replace(/\r?\n$/, '');
  if (password !== '') return { user: { name: username, password } };
  throw new BanyanError('invalid', `the password file ${passwordFile} is empty`, {
    remedy: 'Write the password of store_username into it, on one line.',
  });
}

async function readTls({ caFile, certFile, keyFile }: StoreAccess): Promise<NonNullable<EtcdAccess['tls']>> {
  const rootCertificate = Buffer.from(caFile === undefined ? systemRoots() : await readCertificate(caFile));
  if (certFile === undefined || keyFile === undefined) return { rootCertificate };
  const certificate = await readCertificate(certFile);
  const key = await readSecretFile(keyFile, 'the key file');
  checkPair(certificate, certFile, key, keyFile);
  return { rootCertificate, certChain: Buffer.from(certificate), privateKey: Buffer.from(key) };
}

/** Those of this host, which its administrator keeps up to date; Node has a list of its own besides. */
function systemRoots(): string {
  const roots = getCACertificates('system');
  if (roots.length > 0) return roots.join('\n');
  throw new BanyanError('host', 'this host knows no certificate authority to check etcd by', {
    remedy: 'apt-get install ca-certificates, or name the authority of etcd with store_ca_file.',
  });
}

async function readCertificate(path: string): Promise<string> {
  const text = await readGivenFile(path, 'the certificate file');
  try {
    new X509Certificate(text);
    return text;
  } catch (cause) {
    throw new BanyanError('invalid', `${path} has no certificate`, {
      remedy: 'It must be PEM: -----BEGIN CERTIFICATE-----.',
      cause,
    });
  }
}

function checkPair(certificate: string, certFile: string, key: string, keyFile: string): void {
  let privateKey;
  try {
    privateKey = createPrivateKey(key);
  } catch {
    // Without its cause, which OpenSSL words after what it read.
    throw new BanyanError('invalid', `${keyFile} has no private key that opens without a passphrase`, {
      remedy: 'It must be PEM: -----BEGIN PRIVATE KEY-----.',
    });
  }
  if (new X509Certificate(certificate).checkPrivateKey(privateKey)) return;
  throw new BanyanError('invalid', `the certificate ${certFile} is not of the key ${keyFile}`, {
    remedy: 'Correct store_cert_file or store_key_file.',
  });
}
