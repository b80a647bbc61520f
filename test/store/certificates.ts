import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A certificate authority in a directory, made with openssl; its certificates are valid for a day. */
export class Authority {
  private constructor(private readonly directory: string) {}

  /** @param directory that exists, and is removed by whoever made it. */
  static async make(directory: string, name = 'ca'): Promise<Authority> {
    const authority = new Authority(join(directory, name));
    await openssl('-subj', `/CN=${name}`, ...files(authority.directory));
    return authority;
  }

  get certificate(): string {
    return `${this.directory}.pem`;
  }

  /** Of 127.0.0.1, and of a user of this name. */
  async issue(name: string): Promise<{ cert: string; key: string }> {
    const path = `${this.directory}-${name}`;
    const issuer = ['-CA', this.certificate, '-CAkey', `${this.directory}.key`];
    const extensions = ['subjectAltName=IP:127.0.0.1', 'basicConstraints=critical,CA:FALSE'];
    await openssl(
      '-subj',
      `/CN=${name}`,
      ...issuer,
      ...extensions.flatMap((extension) => ['-addext', extension]),
      ...files(path),
    );
    return { cert: `${path}.pem`, key: `${path}.key` };
  }
}

function files(path: string): string[] {
  return ['-keyout', `${path}.key`, '-out', `${path}.pem`];
}

/** openssl makes the key files 0600. */
async function openssl(...args: string[]): Promise<void> {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  await run('openssl', ['req', '-x509', '-days', '1', ...key, ...args]);
}
