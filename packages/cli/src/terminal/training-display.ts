import type { EpochReport, FitEvent, StepEvent, ValidationReport } from '@asc/train';
import { bar } from './bar.js';
import { formatPercent, formatSeconds } from './format.js';
import type { Terminal } from './terminal.js';

/** Milliseconds between two pictures. */
const INTERVAL_MS = 100;
/** How fast the running means forget: weight of the newest step. */
const NEWEST = 0.1;

/** A live block while a run trains, and a line of the log for every epoch. */
export function trainingDisplay(terminal: Terminal, epochs: number): (event: FitEvent) => void {
  let shown = -Infinity;
  let loss: number | undefined;
  let secondsPerStep: number | undefined;
  let last: EpochReport | undefined;
  const mean = (before: number | undefined, now: number): number =>
    before === undefined ? now : before + NEWEST * (now - before);

  const draw = (event: StepEvent): void => {
    const { epoch, step, stepsPerEpoch, clips, parts } = event;
    const done = epoch * stepsPerEpoch + step + 1;
    const total = epochs * stepsPerEpoch;
    const perStep = secondsPerStep ?? event.seconds;
    const left = formatSeconds(perStep * (total - done));
    const shares = Object.entries(parts).map(([name, value]) => `${name} ${value.toFixed(3)}`);
    terminal.live([
      `${bar(done / total)} epoch ${epoch + 1}/${epochs} step ${step + 1}/${stepsPerEpoch}, ${left} left`,
      `loss ${(loss ?? event.loss).toFixed(3)} (${shares.join(', ')})  ${(clips / perStep).toFixed(0)} clips/s${accuracy(last)}`,
    ]);
  };

  return (event) => {
    switch (event.kind) {
      case 'step': {
        loss = mean(loss, event.loss);
        // The first step of a run holds its compilation: no measure of what is to come.
        secondsPerStep =
          secondsPerStep === undefined && event.step === 0 ? undefined : mean(secondsPerStep, event.seconds);
        const now = performance.now();
        if (now - shown < INTERVAL_MS) return;
        shown = now;
        return draw(event);
      }
      case 'epoch':
        last = event.report;
        return terminal.print(epochLine(event.report, epochs, event.best));
      case 'interrupted':
      case 'done':
        return terminal.live([]);
      case 'validation':
        return;
    }
  };
}

function accuracy(report: EpochReport | undefined): string {
  if (report === undefined) return '';
  const { validation } = report;
  return validation === undefined
    ? `  accuracy ${formatPercent(report.accuracy)}`
    : `  held-out ${headline(validation)}`;
}

/** One epoch on one line of at most 80 columns. */
export function epochLine(report: EpochReport, epochs: number, best: boolean): string {
  const { epoch, loss, seconds, clipsPerSecond, validation, averaged } = report;
  const number = String(epoch + 1).padStart(String(epochs).length);
  const mark = best ? ' *' : '';
  // No room for both: the history holds all.
  const beside = () =>
    averaged === undefined ? `log loss ${validation?.logLoss.toFixed(3)}` : `averaged ${headline(averaged)}`;
  const held = validation === undefined ? '' : `  held-out ${headline(validation)} ${beside()}${mark}`;
  return `epoch ${number}/${epochs}  loss ${loss.toFixed(3)}${held}  ${seconds.toFixed(1)} s  ${clipsPerSecond.toFixed(0)} clips/s`;
}

/** What decides which epoch is best. */
function headline({ accuracy: share, meanAveragePrecision }: ValidationReport): string {
  return meanAveragePrecision === undefined ? formatPercent(share) : `mAP ${meanAveragePrecision.toFixed(3)}`;
}
