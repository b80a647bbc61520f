import type { Check } from './check.js';
import { config, disk, keyPair, permissions } from './config.js';
import { clock, engine, engineKey, service, tunnel, whitelist } from './contact.js';
import { clients, engineService, engineTunnel } from './engine.js';
import { agentFirewall, docker, firewall, forwarding, forwardPolicy, inputPolicy } from './firewall.js';
import { addresses, agentPorts, agentTools, enginePorts, tools, wireguard } from './host.js';
import { drift, handshakes, mtu, reachable } from './network.js';
import type { AgentProbes, CliProbes, EngineProbes } from './probes.js';

/** Every check, by program, in the order in which they are told: what others stand on comes first. */
export const CHECKS: {
  readonly engine: readonly Check<EngineProbes>[];
  readonly agent: readonly Check<AgentProbes>[];
  readonly cli: readonly Check<CliProbes>[];
} = {
  engine: [
    ...[config, permissions, keyPair, tools, wireguard, addresses, enginePorts, disk],
    ...[engineService, clients, firewall, inputPolicy, engineTunnel],
  ],
  agent: [
    ...[config, permissions, keyPair, agentTools, wireguard, addresses, agentPorts, disk],
    ...[service, engine, engineKey, whitelist, clock, tunnel],
    ...[forwarding, agentFirewall, forwardPolicy, docker, reachable, handshakes, mtu, drift],
  ],
  cli: [
    config,
    permissions,
    keyPair,
    tools,
    wireguard,
    addresses,
    disk,
    engine,
    engineKey,
    whitelist,
    clock,
    firewall,
    tunnel,
  ],
};
