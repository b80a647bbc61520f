const UNITS = ['KiB', 'MiB', 'GiB', 'TiB'];

/** Bytes as people read them: `512 B`, `1.5 KiB`, `3.0 GiB`. */
export function shownBytes(bytes: number): string {
  if (bytes < 1_024) return `${bytes} B`;
  const power = Math.min(UNITS.length, Math.floor(Math.log2(bytes) / 10));
  return `${(bytes / 1_024 ** power).toFixed(1)} ${UNITS[power - 1]}`;
}
