import { BanyanError } from '#errors';
import type { ContainerNetworkChange, DesiredContainerNetworks } from '../container-networks.js';
import { NETWORK } from '../names.js';
import { CONFLIST, conflistOf, describeConfiguration } from './conflist.js';

/** The CNI directory as it is. */
export interface CniFiles {
  /** For messages. */
  readonly directory: string;
  /** Text of every configuration in it, by file name. */
  readonly texts: ReadonlyMap<string, string>;
}

export interface CniPlan {
  /** Absent: it is as it should be. */
  readonly write?: string;
  readonly changes: readonly ContainerNetworkChange[];
}

/** @throws BanyanError `conflict` when our file's name or our network's name is somebody else's. */
export function planCni(desired: DesiredContainerNetworks, files: CniFiles): CniPlan {
  const path = `${files.directory}/${CONFLIST}`;
  const found = files.texts.get(CONFLIST);
  if (found !== undefined && !describeConfiguration(found).ours) throw foreignFile(path);
  refuseNamesake(files);
  const write = conflistOf(desired);
  if (found === write) return { changes: [] };
  const why = found === undefined ? 'there is none' : 'it says something else';
  return { write, changes: [{ what: `write the CNI network ${NETWORK} to ${path}`, why }] };
}

/** Whether the file is there and ours to remove. */
export function planCniRemoval({ directory, texts }: CniFiles): readonly ContainerNetworkChange[] {
  const found = texts.get(CONFLIST);
  if (found === undefined || !describeConfiguration(found).ours) return [];
  return [
    { what: `remove the CNI network ${NETWORK} (${directory}/${CONFLIST})`, why: 'this agent made it' },
  ];
}

/** Runtimes take the first file of a name: one before ours would be used in its place, or ours in its. */
function refuseNamesake({ directory, texts }: CniFiles): void {
  for (const [file, text] of texts) {
    if (file === CONFLIST || describeConfiguration(text).name !== NETWORK) continue;
    throw new BanyanError(
      'conflict',
      `there is a CNI network ${NETWORK} already, in ${JSON.stringify(file)} of ${directory}`,
      { remedy: 'Rename that network or remove its file; nothing was changed.' },
    );
  }
}

function foreignFile(path: string): BanyanError {
  return new BanyanError('conflict', `${path} is there, and this agent did not write it`, {
    remedy: 'Move it away or rename it; nothing was changed.',
  });
}
