/** Injection token of the validated `agent` section ({@link import('#config').AgentSettings}). */
export const SETTINGS = Symbol('settings');

/** Injection token of the control tunnel ({@link import('#channel').TunnelPath}); undefined where none can be made. */
export const CONTROL_TUNNEL = Symbol('control tunnel');

/** Injection token of the {@link import('#dataplane').DataPlane} of this host. */
export const DATA_PLANE = Symbol('data plane');

/** Injection token of the {@link import('#containers').ContainerNetworks} of this host. */
export const CONTAINERS = Symbol('containers');

/** Injection token of {@link import('#host').Run}. */
export const RUN = Symbol('run');
