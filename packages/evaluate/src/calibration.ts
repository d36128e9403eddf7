import type { CalibrationReport } from './report.js';
import type { Judged } from './scores.js';

const BINS = 10;

/**
 * Expected calibration error over ten equal bins (lower, upper] of confidence.
 * Source: Guo and others, "On calibration of modern neural networks", ICML 2017, equation 3.
 */
export function calibration(clips: readonly Judged[]): CalibrationReport {
  const sums = Array.from({ length: BINS }, () => ({ clips: 0, confidence: 0, right: 0 }));
  for (const { truth, guess, posterior } of clips) {
    const confidence = posterior[guess] ?? 0;
    // Rounding may push a softmax a hair above 1.
    const bin = sums[Math.min(Math.max(Math.ceil(confidence * BINS) - 1, 0), BINS - 1)];
    if (bin === undefined) continue;
    bin.clips++;
    bin.confidence += confidence;
    if (truth === guess) bin.right++;
  }
  const ece = sums.reduce((sum, bin) => sum + Math.abs(bin.confidence - bin.right), 0) / clips.length;
  const bins = sums.map((bin, i) => ({
    above: i / BINS,
    upTo: (i + 1) / BINS,
    clips: bin.clips,
    confidence: bin.clips === 0 ? null : bin.confidence / bin.clips,
    accuracy: bin.clips === 0 ? null : bin.right / bin.clips,
  }));
  return { ece, bins };
}
