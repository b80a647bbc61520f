import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Part } from './part.js';

/** PEM texts. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** Where a server is, and by what a caller knows it: the engine's key; empty for a bare server, which has no metrics. */
export interface Served {
  readonly port: number;
  readonly key: string;
  readonly metricsPort: number;
}

export type ServerQuestions = {
  /** Starts the engine with these public keys admitted. */
  engine: (keyTexts: readonly string[]) => Promise<Served>;
  /** Starts grpc-js with the same proto and nothing else. */
  bare: (certificate: Certificate | null) => Promise<Served>;
  /** Deletes the file of an admitted key. @returns when, milliseconds since the epoch. */
  deleteKey: (name: string) => number;
  /** After a garbage collection, or as it is. */
  residentBytes: (when: 'collected' | 'as it is') => Promise<number>;
  /** Processor time used since the start. */
  cpuMicroseconds: (_: null) => number;
};

/** How a caller connects. `plain` names its key in the header, `psk` proves it, `certificate` checks the server's. */
export type Way = 'plain' | 'psk' | 'certificate';

export interface RunningServer {
  readonly part: Part<ServerQuestions>;
  readonly address: Served & { readonly way: Way; readonly cert: string };
}

/** The four servers compared: ours twice, and beside each the bare one that does the least that serves the same. */
export const SERVERS = {
  'engine, plain': 'plain',
  'bare, plain': 'plain',
  'engine, PSK': 'psk',
  'bare, certificate': 'certificate',
} as const satisfies Record<string, Way>;

export type ServerName = keyof typeof SERVERS;

export async function startServer(
  name: ServerName,
  keyTexts: readonly string[],
  certificate: Certificate,
): Promise<RunningServer> {
  const part = Part.start<ServerQuestions>('server');
  try {
    const way = SERVERS[name];
    const served = name.startsWith('engine')
      ? await part.ask('engine', keyTexts)
      : await part.ask('bare', way === 'certificate' ? certificate : null);
    return { part, address: { ...served, way, cert: certificate.cert } };
  } catch (error) {
    await part.end();
    throw error;
  }
}

/** An EC P-256 certificate for localhost, signed by itself. @throws Error without `openssl`. */
export function makeCertificate(): Certificate {
  const directory = mkdtempSync(join(tmpdir(), 'banyan-bench-'));
  try {
    const [cert, key] = [join(directory, 'cert.pem'), join(directory, 'key.pem')];
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-days', '2'];
    execFileSync('openssl', ['req', '-x509', ...curve, ...subject, '-keyout', key, '-out', cert], {
      stdio: 'pipe',
    });
    return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
  } finally {
    rmSync(directory, { recursive: true });
  }
}
