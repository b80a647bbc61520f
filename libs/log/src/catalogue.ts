import type { Level } from './level.js';

/** What is known of an event before it happens. */
export interface EventKind {
  readonly level: Level;
  /** What it means, a sentence without a full stop. */
  readonly means: string;
  /** Says what something has become: every one is written, for without one the reader would believe the one before. */
  readonly isState?: true;
  /** The engine keeps it for operators: `banyan-cli events`. */
  readonly isNotable?: true;
  /** The trouble that is over by it: that is counted no further, and is news when it comes again. */
  readonly ends?: string;
  /** Anybody who reaches the engine can cause it, under as many names as he likes: see `Repeats`. */
  readonly isAnybodys?: true;
}

/**
 * Every event there is. The names are an interface: alerts and searches depend on them. One that is the same event as in
 * the audit log has its name. docs/events.md shows this table, and a test holds it to that.
 */
export const EVENTS = {
  // Of either service.
  'log.level_changed': { level: 'info', means: 'The level of this log is another', isState: true },
  'stop.cut_short': { level: 'error', means: 'The service was ended while something still had to be done' },
  'state.unreadable': {
    level: 'error',
    means: 'A file of the state directory cannot be used; the message says what that means',
  },
  'state.unsaved': {
    level: 'error',
    means: 'A file of the state directory cannot be written; it is tried again',
  },
  'connection.untaken': {
    level: 'error',
    means: 'A connection could not be taken, for want of memory, or of files of the whole host',
  },
  'metrics.listening': {
    level: 'info',
    means: 'Metrics can be read',
    isState: true,
    ends: 'metrics.unavailable',
  },
  'metrics.unavailable': { level: 'warn', means: 'Metrics cannot be read, or not where the settings say' },
  'tunnel.up': { level: 'info', means: 'The control tunnel is up, or is another than before', isState: true },
  'tunnel.down': { level: 'warn', means: 'The control tunnel is down, and why', isState: true },
  'tunnel.peer_refused': {
    level: 'error',
    means: 'A key that is admitted cannot be a peer in the control tunnel',
  },
  'drift.repaired': {
    level: 'warn',
    means: 'Something of ours on this host was changed by others and was put right',
  },
  'drift.unwatched': { level: 'warn', means: 'Changes by others are noticed later for a while' },
  'service.warned': { level: 'warn', means: 'A library under the service has a warning' },
  'service.failed': {
    level: 'error',
    means: 'The service failed in a way that nobody foresaw: please report it',
  },

  // Of the engine.
  'engine.started': { level: 'info', means: 'The engine is ready for calls', isState: true, isNotable: true },
  'engine.stopping': { level: 'info', means: 'The engine was told to stop', isState: true, isNotable: true },
  'engine.stopped': { level: 'info', means: 'The engine has stopped', isState: true },
  'engine.key_rotated': {
    level: 'info',
    means: 'The engine has a new key, which clients learn by the previous one',
    isState: true,
    isNotable: true,
  },
  'engine.key_replaced': {
    level: 'warn',
    means: 'The engine has a new key, and nobody is told',
    isState: true,
    isNotable: true,
  },
  'engine.key_pending': { level: 'info', means: 'The engine answers by its previous key too', isState: true },
  'engine.key_learned': { level: 'info', means: "A client knows the engine's new key" },
  'engine.key_destroyed': {
    level: 'info',
    means: "The engine's previous key is destroyed",
    isState: true,
    isNotable: true,
  },
  'engine.key_changed': {
    level: 'warn',
    means: "A rotation of the engine's key was cut off, or undone by hand",
    isState: true,
  },
  'client.admitted': {
    level: 'info',
    means: 'A key is on the whitelist from now on',
    isState: true,
    isNotable: true,
  },
  'client.renamed': { level: 'info', means: 'A key has another name', isState: true, isNotable: true },
  'client.changed': {
    level: 'info',
    means: 'A key has another role, last day or note',
    isState: true,
    isNotable: true,
  },
  'client.revoked': {
    level: 'warn',
    means: 'A key is on the whitelist no more, and why',
    isState: true,
    isNotable: true,
  },
  'client.revocation_receipt': {
    level: 'info',
    means: 'Every agent that is online has taken the key out of its network',
    isState: true,
    isNotable: true,
  },
  'client.revocation_pending': {
    level: 'warn',
    means: 'Agents that are online have not said that the key is out of their network',
    isState: true,
    isNotable: true,
  },
  'client.disconnected': { level: 'info', means: 'Connections of a revoked key were closed' },
  'client.not_admitted': {
    level: 'warn',
    means: 'A file of the keys directory admits nobody, and why',
    isState: true,
    isNotable: true,
  },
  'client.expires_soon': { level: 'warn', means: 'The last day of a key is near', isNotable: true },
  'client.unproven': { level: 'warn', means: 'A client was admitted by its header alone', isNotable: true },
  'key.rotated': { level: 'info', means: 'A component has another key', isState: true, isNotable: true },
  'key.confirmed': { level: 'info', means: 'A component was seen with its new key', isState: true },
  'key.restored': {
    level: 'warn',
    means: 'A component was not seen with its new key; the old one is in force again',
    isState: true,
    isNotable: true,
  },
  'key.stuck': { level: 'error', means: 'The old key of a component cannot be put back', isNotable: true },
  'role.denied': {
    level: 'warn',
    means: 'An admitted key asked for what its role does not allow',
    isNotable: true,
  },
  'call.refused': { level: 'warn', means: 'A call was refused, and why', isAnybodys: true },
  'call.limited': { level: 'warn', means: 'A caller met a limit', isAnybodys: true },
  'call.served': { level: 'debug', means: 'A call has ended, with its code and how long it took' },
  'refusals.counted': {
    level: 'warn',
    means: 'Calls that were refused within a minute, by reason',
    isState: true,
    isNotable: true,
  },
  'agent.online': { level: 'info', means: 'An agent is connected', isState: true, isNotable: true },
  'agent.offline': { level: 'warn', means: 'An agent is connected no more', isState: true, isNotable: true },
  'agent.lagging': {
    level: 'warn',
    means: 'An agent that is online has not become the newest network for a while',
    isState: true,
    isNotable: true,
  },
  'agent.caught_up': {
    level: 'info',
    means: 'An agent that was lagging has become the newest network',
    isState: true,
    isNotable: true,
  },
  'agent.moved': { level: 'info', means: 'An agent is at another address', isState: true },
  'agent.misnamed': { level: 'warn', means: 'An agent calls itself by another name than its own' },
  'agent.misplaced': { level: 'warn', means: 'An agent reports an address that cannot be an endpoint' },
  'agent.disbelieved': {
    level: 'warn',
    means: 'An agent says that it has become a network which it was not sent',
  },
  'agent.forgotten': { level: 'info', means: 'An operator removed an agent', isState: true, isNotable: true },
  'subnet.released': {
    level: 'info',
    means: "An operator freed an agent's subnet",
    isState: true,
    isNotable: true,
  },
  'subnet.clashes': {
    level: 'warn',
    means: 'The host of an agent routes a network that overlaps its subnet',
  },
  'sync.acknowledged': { level: 'debug', means: 'An agent says which revision its host has become' },
  'security.weakened': {
    level: 'warn',
    means: 'Something is set so that it protects less than it could',
    isState: true,
    isNotable: true,
  },
  'security.mended': { level: 'info', means: 'That is so no more', isState: true, isNotable: true },
  'whitelist.unreadable': {
    level: 'error',
    means: 'The keys directory cannot be taken at its word',
    isNotable: true,
  },
  'whitelist.readable': {
    level: 'info',
    means: 'The keys directory is in order again',
    isState: true,
    ends: 'whitelist.unreadable',
    isNotable: true,
  },
  'whitelist.unwatched': {
    level: 'warn',
    means: 'The keys directory cannot be watched, and is read every few seconds',
  },
  'clock.doubted': {
    level: 'error',
    means: 'The clock of this host is not believed, so nothing expires',
    isNotable: true,
  },
  'clock.believed': {
    level: 'info',
    means: 'The clock of this host is believed again',
    isState: true,
    ends: 'clock.doubted',
    isNotable: true,
  },
  'store.opened': { level: 'info', means: 'Which store the engine uses', isState: true },
  'store.unavailable': {
    level: 'warn',
    means: 'The store cannot be used; it is tried again',
    isNotable: true,
  },
  'store.available': {
    level: 'info',
    means: 'The store can be used again',
    isState: true,
    ends: 'store.unavailable',
    isNotable: true,
  },
  'store.damaged': { level: 'error', means: 'Something in the store cannot be understood', isNotable: true },
  'store.went_back': {
    level: 'warn',
    means: 'The store holds what it held at an earlier time',
    isNotable: true,
  },
  'store.adopted': {
    level: 'info',
    means: 'An operator confirmed that this store takes the place of another',
    isState: true,
    isNotable: true,
  },
  'store.shared': {
    level: 'warn',
    means: 'A second engine uses the same store',
    isState: true,
    isNotable: true,
  },
  'store.unshared': { level: 'info', means: 'The second engine is gone', isState: true, isNotable: true },
  'store.lost': {
    level: 'warn',
    means: 'The store was restored, or this engine was taken for dead',
    isState: true,
    isNotable: true,
  },
  'tunnel.unreadable': { level: 'warn', means: 'The endpoints of the control tunnel cannot be read' },
  'tunnel.removed': {
    level: 'warn',
    means: 'The engine does not start, and its control tunnel was removed again, or could not be',
  },
  'log.head': { level: 'info', means: 'The last line of the audit log, by which it can be checked later' },
  'log.torn': { level: 'warn', means: 'The audit log ended in the middle of a line' },
  'log.damaged': { level: 'error', means: 'The audit log was changed' },
  'log.gap': { level: 'error', means: 'The audit log lacks events' },
  'log.unwritable': { level: 'error', means: 'The audit log, or the counts of refusals, cannot be written' },
  'log.writable': {
    level: 'info',
    means: 'The audit log can be written again',
    isState: true,
    ends: 'log.unwritable',
  },

  // Of links, as an agent sees its own and the engine is told of all.
  'link.up': { level: 'info', means: 'A link is up again', isState: true, isNotable: true },
  'link.down': {
    level: 'warn',
    means: 'A link is down: no handshake for three minutes',
    isState: true,
    isNotable: true,
  },

  // Of an agent.
  'agent.started': { level: 'info', means: 'The agent runs', isState: true },
  'agent.stopping': { level: 'info', means: 'The agent was told to stop', isState: true },
  'agent.stopped': {
    level: 'info',
    means: 'The agent has stopped, and left the network as it is',
    isState: true,
  },
  'agent.connected': {
    level: 'info',
    means: 'The agent is connected to its engine',
    isState: true,
    ends: 'agent.unconnected',
  },
  'agent.disconnected': { level: 'info', means: 'The agent leaves a connection, and why', isState: true },
  'agent.unconnected': { level: 'warn', means: 'The engine cannot be reached, or does not admit this agent' },
  'agent.key_adopted': { level: 'info', means: 'The agent has a new key', isState: true },
  'agent.key_unadopted': { level: 'error', means: 'The new key of the agent is not in its configuration' },
  'agent.key_doubted': {
    level: 'warn',
    means: 'The engine does not admit the key of the agent; the other one is tried',
  },
  'engine_key.trusted': { level: 'warn', means: "The engine's key was believed on first use" },
  'engine_key.learned': { level: 'info', means: "The engine's new key is saved", isState: true },
  'engine_key.unsaved': { level: 'warn', means: "The engine's new key cannot be saved; it is tried again" },
  'network.restored': { level: 'info', means: 'The last network is built, without an engine', isState: true },
  'network.changed': { level: 'info', means: 'Something on this host was changed for the network' },
  'network.planned': { level: 'debug', means: 'A look at this host has ended, with what it took' },
  'network.partial': {
    level: 'warn',
    means: 'Something on this host was changed before something else failed',
  },
  'network.failed': { level: 'error', means: 'This host cannot be made what it should be' },
  'network.healthy': {
    level: 'info',
    means: 'This host is what it should be again',
    isState: true,
    ends: 'network.failed',
  },
  'network.refused': {
    level: 'error',
    means: 'The network that the engine describes is refused; the last one stays',
  },
  'network.held': {
    level: 'warn',
    means: 'The engine has another store; the last network stays until it is adopted',
    isState: true,
  },
  'network.removed': {
    level: 'warn',
    means: 'The agent is not admitted any more, and takes its network down',
    isState: true,
  },
  'containers.changed': { level: 'info', means: 'What container runtimes find on this host was changed' },
  'containers.failed': { level: 'warn', means: 'Container runtimes do not find the network' },
  'links.unreadable': { level: 'warn', means: 'The links cannot be looked at' },
  'round_trips.off': { level: 'info', means: 'Round trips are not measured' },
  'key_move.failed': {
    level: 'error',
    means: 'The key of a peer was not changed over at the moment that was named',
  },
  'key_move.unready': { level: 'warn', means: 'This host is not ready to change over to another key' },
} as const satisfies Readonly<Record<string, EventKind>>;

export type EventName = keyof typeof EVENTS;

export function kindOf(event: EventName): EventKind {
  return EVENTS[event];
}
