/** Colours of the spectrogram from quiet to loud, dark to light: readable in grey and without red or green. */
const STOPS: readonly (readonly [number, number, number])[] = [
  [0, 0, 4],
  [40, 11, 84],
  [101, 21, 110],
  [159, 42, 99],
  [212, 72, 66],
  [245, 125, 21],
  [250, 193, 39],
  [252, 255, 164],
];

/** 256 colours (R, G, B), row-major, interpolated between points of matplotlib's inferno. */
export function colourTable(): Uint8ClampedArray {
  const table = new Uint8ClampedArray(256 * 3);
  for (let level = 0; level < 256; level += 1) {
    const at = (level / 255) * (STOPS.length - 1);
    const low = Math.min(STOPS.length - 2, Math.floor(at));
    for (let part = 0; part < 3; part += 1) {
      const from = STOPS[low]![part]!;
      const to = STOPS[low + 1]![part]!;
      table[level * 3 + part] = from + (to - from) * (at - low);
    }
  }
  return table;
}
