import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '#errors';
import { fileError, makeDirectory, writeFileAtomic } from '#host';

/** What `banyan-agent status` shows: written by the running agent, readable by everybody, without secrets. */
export interface AgentStatus {
  /** The whitelist name; null until the engine has told it. */
  readonly name: string | null;
  /** `refused`: the engine answered, and does not admit this key. */
  readonly state: 'connected' | 'connecting' | 'refused';
  readonly channel: 'tunnel' | 'direct' | 'loopback' | null;
  readonly engine: {
    readonly host: string;
    readonly port: number;
    readonly public_key: string | null;
    /** False while the key was only trusted on first use. */
    readonly key_confirmed: boolean;
  };
  readonly public_key: string;
  readonly tunnel_address: string;
  readonly tunnel: { readonly up: boolean; readonly detail: string };
  /** When `state` became what it is. Milliseconds since the epoch, as all times here. */
  readonly since_ms: number;
  readonly last_error: string | null;
  readonly remedy: string | null;
  readonly pid: number;
  readonly version: string;
  readonly written_at_ms: number;
}

/** `status.json` of one agent's run directory. */
export class StatusFile {
  readonly path: string;

  constructor(private readonly runDir: string) {
    this.path = join(runDir, 'status.json');
  }

  async write(status: AgentStatus): Promise<void> {
    await makeDirectory(this.runDir, 0o755);
    await writeFileAtomic(this.path, JSON.stringify(status) + '\n', 0o644);
  }

  /** @returns undefined when no agent has written one. */
  async read(): Promise<AgentStatus | undefined> {
    try {
      return JSON.parse(await readFile(this.path, 'utf8')) as AgentStatus;
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw fileError('read', this.path, error);
    }
  }

  async remove(): Promise<void> {
    await rm(this.path, { force: true });
  }
}
