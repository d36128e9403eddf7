/** Enough to make the channel independent of where the window lies, few enough to leave bits for it. */
const FOLDS = 2 ** 12;

/** The channel a draw in [0, 1) names, each as often as any other: that of its finer digits, as the coarser ones name a place. */
export function drawnChannel(share: number, channels: number): number {
  const fine = share * FOLDS;
  return Math.min(channels - 1, Math.floor((fine - Math.floor(fine)) * channels));
}
