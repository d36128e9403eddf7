/** Ten samples of matplotlib's viridis (CC0), evenly spaced: even in lightness, readable in grey and by the colour-blind. */
const VIRIDIS: readonly (readonly [number, number, number])[] = [
  [68, 1, 84],
  [72, 40, 120],
  [62, 74, 137],
  [49, 104, 142],
  [38, 130, 142],
  [31, 158, 137],
  [53, 183, 121],
  [109, 205, 89],
  [180, 222, 44],
  [253, 231, 37],
];

/** The colour (red, green, blue; 0–255) of a share from 0 (dark) to 1 (bright). */
export function colourOf(share: number): readonly [number, number, number] {
  const at = Math.min(1, Math.max(0, share)) * (VIRIDIS.length - 1);
  const below = Math.min(VIRIDIS.length - 2, Math.floor(at));
  const mix = at - below;
  const [low, high] = [VIRIDIS[below] ?? [0, 0, 0], VIRIDIS[below + 1] ?? [0, 0, 0]];
  const blend = (channel: 0 | 1 | 2): number => Math.round(low[channel] + mix * (high[channel] - low[channel]));
  return [blend(0), blend(1), blend(2)];
}
