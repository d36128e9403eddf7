/** `1234567` → `1,234,567`. */
export function formatCount(count: number): string {
  return Math.round(count)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',');
}

/** Bytes as `512 B`, `63.1 kB`, `1.2 MB`, `27.4 GB`: powers of 1000, as the challenge's limits are. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(1)} kB`;
  if (bytes < 1e9) return `${(bytes / 1e6).toFixed(1)} MB`;
  return `${(bytes / 1e9).toFixed(1)} GB`;
}

/** A share as `73.3 %`. */
export function formatPercent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** Seconds as `48 s`, `3 min 05 s`, `2 h 10 min`. */
export function formatSeconds(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
  return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, '0')} min`;
}

/** A time as `0:07.5`, `12:03.0`, `1:02:03.0`: hours where there are some, tenths of seconds. */
export function formatClock(seconds: number): string {
  const tenths = Math.round(10 * seconds);
  const rest = `${Math.floor(tenths / 10) % 60}`.padStart(2, '0');
  const minutes = Math.floor(tenths / 600);
  const clock = minutes < 60 ? `${minutes}` : `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}`;
  return `${clock}:${rest}.${tenths % 10}`;
}
