import { tunnelAddress } from '#crypto';
import type { RotationReport } from '#rotation';

/** The JSON of `rotate`. */
export function rotationJson(report: RotationReport, stateFile: string) {
  const { state, name, from, to, moved, offline } = report;
  return {
    state,
    name,
    public_key: to.text,
    fingerprint: to.fingerprint,
    previous_fingerprint: from.fingerprint,
    tunnel_address: tunnelAddress(to),
    moved: [...moved],
    offline: [...offline],
    ...(state === 'denied' ? { next: administratorsStep(report), kept_in: stateFile } : {}),
  };
}

/** The same for people. */
export function rotationText(report: RotationReport, stateFile: string): string {
  const { state, name, from, to, moved, offline } = report;
  if (state === 'denied') {
    return [
      `The engine lets no component replace its own key. Next, on the engine:`,
      `  ${administratorsStep(report)}`,
      `Until then ${name} goes on with ${from.fingerprint}. The new key is kept in ${stateFile}, and is used and`,
      'put into the config as soon as the engine admits it instead.',
    ].join('\n');
  }
  return [
    `rotated ${name}: ${from.fingerprint} → ${to.fingerprint}`,
    `tunnel address: ${tunnelAddress(to)}`,
    ...(moved.length === 0 ? [] : [`changed over at once: ${moved.join(', ')}`]),
    ...(offline.length === 0
      ? []
      : [`offline: ${offline.join(', ')} (${offline.length === 1 ? 'follows' : 'follow'} on return)`]),
  ].join('\n');
}

/** The command that an administrator has to run, exactly; it also proves which engine was meant. */
function administratorsStep({ name, to, engineKey }: RotationReport): string {
  return `sudo banyan-engine add-client --name ${name} --replace --pubkey '${to.text}' --engine '${engineKey.fingerprint}'`;
}
