const NOTHING = '–';

/** A fraction as `73.3 %`, never broken across lines; a dash where there is none. */
export function percent(fraction: number | null | undefined): string {
  return typeof fraction === 'number' && Number.isFinite(fraction) ? `${(100 * fraction).toFixed(1)}\u00A0%` : NOTHING;
}

/** A log loss or another plain number to three decimals; a dash where there is none. */
export function decimal(value: number | null | undefined): string {
  return typeof value === 'number' && Number.isFinite(value) ? value.toFixed(3) : NOTHING;
}

/** `1234567` as `1,234,567`. */
export function count(value: number): string {
  return Number.isFinite(value) ? value.toLocaleString('en-US', { maximumFractionDigits: 0 }) : NOTHING;
}
