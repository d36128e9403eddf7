import type { CalibrationBin, CalibrationReport } from '../report.js';
import { html, type Html } from './html.js';
import { count, decimal, percent } from './numbers.js';
import { plainTable } from './scroll-table.js';

/** The plot's square and where it lies in the picture; below it the clips of every bin. */
const SIDE = 240;
const LEFT = 44;
const TOP = 12;
const BARS = 56;
const WIDTH = LEFT + SIDE + 12;
const HEIGHT = TOP + SIDE + BARS + 50;
const TICKS = [0, 0.25, 0.5, 0.75, 1];

/** Reliability diagram, drawn and as numbers. */
export function calibrationSection(calibration: CalibrationReport): Html {
  const rows = calibration.bins
    .filter(({ clips }) => clips > 0)
    .map(({ above, upTo, clips, confidence, accuracy }) => [
      `${above.toFixed(1)} – ${upTo.toFixed(1)}`,
      count(clips),
      decimal(confidence),
      decimal(accuracy),
    ]);
  return html`<section id="calibration">
    <h2>Calibration</h2>
    <p>
      Is a model that is 80 % sure right in 80 % of cases? On the dashed line it would be. Expected calibration error:
      <strong>${percent(calibration.ece)}</strong>.
    </p>
    ${diagram(calibration.bins)}
    <details>
      <summary>The same in numbers</summary>
      ${plainTable('Reliability by confidence', ['confidence', 'clips', 'mean confidence', 'accuracy'], rows)}
    </details>
  </section>`;
}

function diagram(bins: readonly CalibrationBin[]): Html {
  const x = (share: number): string => (LEFT + share * SIDE).toFixed(1);
  const y = (share: number): string => (TOP + (1 - share) * SIDE).toFixed(1);
  const floor = TOP + SIDE + 44 + BARS;
  const most = bins.reduce((largest, { clips }) => Math.max(largest, clips), 1);
  const grid = TICKS.map(
    (tick) =>
      html`<line class="grid" x1="${x(0)}" x2="${x(1)}" y1="${y(tick)}" y2="${y(tick)}" />
        <text x="${LEFT - 6}" y="${y(tick)}" dy="0.35em" text-anchor="end">${tick}</text>
        <text x="${x(tick)}" y="${TOP + SIDE + 16}" text-anchor="middle">${tick}</text>`,
  );
  const bars = bins.map(({ above, upTo, clips, accuracy, confidence }) => {
    const width = ((upTo - above) * SIDE - 2).toFixed(1);
    const height = ((BARS * clips) / most).toFixed(1);
    const share = accuracy ?? 0;
    const left = (LEFT + above * SIDE + 1).toFixed(1);
    const bar =
      clips === 0
        ? html``
        : html`<rect class="bar" x="${left}" y="${y(share)}" width="${width}" height="${(share * SIDE).toFixed(1)}" />
            <circle cx="${x(confidence ?? 0)}" cy="${y(share)}" r="4" />`;
    return html`${bar}
      <rect
        class="clips"
        x="${left}"
        y="${(floor - Number(height)).toFixed(1)}"
        width="${width}"
        height="${height}"
      />`;
  });
  return html`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-labelledby="reliability-title reliability-text">
    <title id="reliability-title">Reliability diagram</title>
    <desc id="reliability-text">
      Accuracy over confidence in ten bins, and the number of clips in each. The numbers follow.
    </desc>
    ${grid}
    <line class="ideal" x1="${x(0)}" y1="${y(0)}" x2="${x(1)}" y2="${y(1)}" />
    ${bars}
    <text x="12" y="${TOP + SIDE / 2}" text-anchor="middle" transform="rotate(-90 12 ${TOP + SIDE / 2})">accuracy</text>
    <text x="${LEFT + SIDE / 2}" y="${TOP + SIDE + 31}" text-anchor="middle">confidence; below, clips of each bin</text>
  </svg>`;
}
