import { PublicKey } from '#crypto';

/** In no base64 text, so that two keys are never taken for one. */
const SEPARATOR = '@';

/** What a client sends as PSK identity: who it is, and whom it expects. Both keys are public. */
export interface PskIdentity {
  readonly client: PublicKey;
  /** The engine's key that the secret is for; absent: the one it has now. */
  readonly engine?: PublicKey;
}

export function pskIdentity({ client, engine }: Required<PskIdentity>): string {
  return `${client.text}${SEPARATOR}${engine.text}`;
}

/** @returns undefined for what is no identity. */
export function parsePskIdentity(text: string): PskIdentity | undefined {
  const [first = '', second, ...rest] = text.split(SEPARATOR);
  const client = PublicKey.tryParse(first);
  if (!client || rest.length > 0) return undefined;
  if (second === undefined) return { client };
  const engine = PublicKey.tryParse(second);
  return engine && { client, engine };
}
