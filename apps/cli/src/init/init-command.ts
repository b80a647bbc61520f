import { boolean, string } from '@oclif/core/flags';
import { BanyanCommand } from '../base-command.js';

/** Flags of `init` that every role has. */
const KEY_FLAGS = {
  keep: boolean({ description: 'keep a key pair that exists; change only settings', exclusive: ['rotate'] }),
  rotate: boolean({ description: 'replace a key pair that exists without asking', exclusive: ['keep'] }),
};

export const CLIENT_FLAGS = {
  'engine-host': string({ description: 'address or host name of the engine', helpValue: 'HOST' }),
  'engine-port': string({ description: 'TCP port of the engine (default 50051)', helpValue: 'PORT' }),
  'engine-wg-public-key': string({
    description: 'public key of the engine: pins it, and enables the control tunnel',
    helpValue: 'KEY',
  }),
  ...KEY_FLAGS,
};

export const ENGINE_FLAGS = {
  'grpc-port': string({
    description: 'TCP port for agents and operators (default 50051)',
    helpValue: 'PORT',
  }),
  'whitelisted-keys-dir': string({
    description: 'directory of the public keys that are let in (default /etc/banyan/whitelisted-keys)',
    helpValue: 'DIR',
  }),
  'store-backend': string({ description: 'embedded (default) or etcd', helpValue: 'embedded|etcd' }),
  'store-address': string({
    description: 'address of etcd (default http://127.0.0.1:2379)',
    helpValue: 'URL',
  }),
  ...KEY_FLAGS,
};

/** One flow for three roles; a role differs by what it asks (see question.ts). */
export abstract class InitCommand extends BanyanCommand {
  static override readonly answer =
    'an object: public_key, fingerprint, tunnel_address, config, key, changed, next, firewall';

  protected async setUp(flags: Record<string, string | boolean | undefined>): Promise<unknown> {
    const [{ initialise }, { initReport, initText }, { terminal }] = await Promise.all([
      import('./init.js'),
      import('./report.js'),
      import('./prompts.js'),
    ]);
    const config = await this.configPath(flags['config'] as string | undefined);
    const ask = this.jsonEnabled() ? undefined : terminal();
    const existingKey = flags['keep'] ? 'keep' : flags['rotate'] ? 'rotate' : undefined;
    const texts = Object.entries(flags).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    );
    const result = await initialise({
      role: this.role,
      config,
      flags: Object.fromEntries(texts),
      uid: process.getuid?.() ?? 0,
      ...(existingKey === undefined ? {} : { existingKey }),
      ...(ask === undefined ? {} : { ask }),
    });
    for (const warning of result.warnings) this.warning(warning);
    this.line(initText(result));
    return initReport(result);
  }
}
