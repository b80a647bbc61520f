export const ownTunnel = (_settings: unknown) => Promise.resolve(undefined);
