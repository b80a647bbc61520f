import { hostname } from 'node:os';
import type { Role } from '#config';
import { clientName } from './client-name.js';
import { firewallLines } from './firewall-lines.js';
import type { InitResult } from './init.js';
import { runsAsUnit, serviceLine } from './service-lines.js';

/** The JSON of `init`. */
export function initReport(result: InitResult) {
  return {
    public_key: result.publicKey.text,
    fingerprint: result.publicKey.fingerprint,
    tunnel_address: result.tunnelAddress,
    config: result.config,
    key: result.key,
    changed: result.changed,
    ...(result.previousKey === undefined
      ? {}
      : {
          previous_fingerprint: result.previousKey.fingerprint,
          previous_config: `${result.config}.previous`,
        }),
    next: nextStep(result),
    firewall: firewallLines(result.role, result.section),
  };
}

/** The same for people. */
export function initText(result: InitResult): string {
  const { role } = result;
  const lines = [
    headline(result),
    '',
    `Public key:      ${result.publicKey.text}`,
    `Fingerprint:     ${result.publicKey.fingerprint}`,
    ...(result.previousKey === undefined ? [] : [`Old fingerprint: ${result.previousKey.fingerprint}`]),
    `Tunnel address:  ${result.tunnelAddress}`,
    '',
    role === 'engine' ? 'Next:' : 'Next, on the engine:',
    `  ${nextStep(result)}`,
    ...followUp(result),
    '',
    ...firewallText(result),
  ];
  return lines.join('\n');
}

function headline({ role, key, changed, config }: InitResult): string {
  if (key === 'created') return `A new key pair for ${role} is in ${config}.`;
  if (key === 'rotated')
    return `${config} has a new key pair for ${role}; what it said before is in ${config}.previous.`;
  return changed
    ? `${config} is changed; the key pair is kept.`
    : `${config} is as it should be; nothing was changed.`;
}

/** The command that has to be run next, exactly. */
export function nextStep({ role, key, config, publicKey, engineKey }: InitResult, host = hostname()): string {
  if (role === 'engine') return serviceLine({ role, key, config }, runsAsUnit(role, config));
  // Pasted on the engine, this also proves that the engine is the one this host was told of.
  const engine = engineKey === undefined ? '' : ` --engine '${engineKey.fingerprint}'`;
  const replace = key === 'rotated' ? ' --replace' : '';
  return `sudo banyan-engine add-client --name ${clientName(role, host)} --pubkey '${publicKey.text}' --role ${role}${replace}${engine}`;
}

function followUp({ role, key, config, publicKey }: InitResult): string[] {
  if (role === 'agent')
    return ['Then, here:', `  ${serviceLine({ role, key, config }, runsAsUnit(role, config))}`];
  if (role === 'cli') return ['Then, here:', '  banyan-cli status'];
  const keep = key === 'created' ? '' : '--keep ';
  return [
    key === 'created'
      ? 'On each agent and operator host:'
      : 'Then, on every agent (and with banyan-cli, on every operator host):',
    `  sudo banyan-agent init ${keep}--engine-wg-public-key '${publicKey.text}'`,
  ];
}

const FIREWALL_HEADINGS: Readonly<Record<Role, string>> = {
  engine: 'Where a firewall is on, open the ports of the engine:',
  agent:
    'Where a firewall is on, let other agents reach this one and containers each other; where it filters what goes out, the engine:',
  cli: 'No port needs opening; where outgoing traffic is filtered, let it reach the engine:',
};

function firewallText({ role, section }: InitResult): string[] {
  const { nftables, ufw, firewalld } = firewallLines(role, section);
  const rows = [
    ['nftables', nftables],
    ['ufw', ufw],
    ['firewalld', firewalld],
  ] as const;
  return [
    FIREWALL_HEADINGS[role],
    ...rows.flatMap(([name, lines]) => lines.map((line) => `  ${name.padEnd(10)}${line}`)),
  ];
}
