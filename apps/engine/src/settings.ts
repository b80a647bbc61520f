/** Injection token of the validated `engine` section ({@link import('#config').EngineSettings}). */
export const SETTINGS = Symbol('settings');
