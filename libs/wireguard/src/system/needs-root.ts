import { BanyanError } from '#errors';

export function needsRoot(): BanyanError {
  return new BanyanError('host', 'network interfaces may be seen and changed by root only', {
    remedy: 'Run this as root, or with sudo.',
  });
}
