import { checkKeys, checkNonNegativeInteger, UsageError, type Rng } from '@asc/core';

/** Masks along one axis. */
export interface AxisMasks {
  /** How many masks; they may overlap. */
  readonly count: number;
  /** Widths are uniform integers in [0, maxWidth): `maxWidth: 24` is the papers' "F < 24". 0 and 1 mask nothing. */
  readonly maxWidth: number;
}

/** SpecAugment's masks; an axis left out has none. */
export interface MaskOptions {
  readonly frequency?: AxisMasks;
  readonly time?: AxisMasks;
}

/** Places to be set to zero along one axis. */
export interface Span {
  readonly axis: 'frequency' | 'time';
  readonly start: number;
  readonly width: number;
}

/**
 * Draws masks for maps of `bands` × `frames`: frequency first, then time; for each a width and a start, uniform among
 * those that keep the mask inside. Two draws a mask, none where `maxWidth` is 0.
 *
 * @throws UsageError for unknown keys, counts or widths that are not integers of at least 0, and a `maxWidth` longer than
 * its axis.
 */
export function drawSpans(options: MaskOptions, bands: number, frames: number, rng: Rng): Span[] {
  checkKeys('The mask configuration', options, ['frequency', 'time']);
  return [...drawAxis('frequency', options.frequency, bands, rng), ...drawAxis('time', options.time, frames, rng)];
}

function drawAxis(axis: Span['axis'], masks: AxisMasks | undefined, size: number, rng: Rng): Span[] {
  if (masks === undefined) return [];
  checkKeys(`The configuration of the ${axis} masks`, masks, ['count', 'maxWidth']);
  const count = checkNonNegativeInteger(`count of the ${axis} masks`, masks.count);
  const maxWidth = checkNonNegativeInteger(`maxWidth of the ${axis} masks`, masks.maxWidth);
  if (maxWidth > size) {
    throw new UsageError({
      what: `The ${axis} masks are wider than the map.`,
      expected: `maxWidth of at most ${size} ${axis === 'time' ? 'frames' : 'bands'}`,
      received: `${maxWidth}`,
    });
  }
  if (maxWidth === 0) return [];
  return Array.from({ length: count }, () => {
    const width = rng.integer(maxWidth);
    return { axis, start: rng.integer(size - width + 1), width };
  });
}

/** Sets the spans of one row-major (F, T, C) map to zero, in place. */
export function zeroSpansInPlace(
  data: Float32Array,
  spans: readonly Span[],
  bands: number,
  frames: number,
  channels: number,
): void {
  for (const { axis, start, width } of spans) {
    if (axis === 'frequency') {
      data.fill(0, start * frames * channels, (start + width) * frames * channels);
      continue;
    }
    for (let band = 0; band < bands; band++) {
      const row = band * frames;
      data.fill(0, (row + start) * channels, (row + start + width) * channels);
    }
  }
}
