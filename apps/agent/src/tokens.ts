/** Injection token of the validated `agent` section ({@link import('#config').AgentSettings}). */
export const SETTINGS = Symbol('settings');

/** Injection token of the control tunnel ({@link import('#channel').TunnelPath}); undefined where none can be made. */
export const CONTROL_TUNNEL = Symbol('control tunnel');
