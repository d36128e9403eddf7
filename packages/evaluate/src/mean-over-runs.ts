import { UsageError } from '@asc/core';
import type { Report } from './report.js';

/** A score over several runs. */
export interface Spread {
  readonly mean: number;
  /** Standard deviation, n − 1 in the denominator; `null` for a single run. */
  readonly sd: number | null;
}

/** The scores of one configuration over its runs, e.g. of several seeds. */
export interface RunsReport {
  readonly runs: number;
  readonly accuracy: Spread;
  readonly balancedAccuracy: Spread;
  readonly logLoss: Spread;
  readonly ece: Spread;
  /** Accuracy on each group of devices that every run was judged on. */
  readonly deviceGroups: Readonly<Record<string, Spread>>;
  /** Accuracy of the abstract classes; `null` where a run has none. */
  readonly abstractAccuracy: Spread | null;
}

/** Mean and standard deviation of the scores of several runs. @throws UsageError where there is none. */
export function meanOverRuns(reports: readonly Report[]): RunsReport {
  const [first] = reports;
  if (first === undefined) {
    throw new UsageError({ what: 'There are no runs to average.', expected: 'at least one report', received: 'none' });
  }
  const groups = first.deviceGroups
    .map(({ name }) => name)
    .map((name) => [name, accuraciesOf(reports, name)] as const)
    .filter(([, accuracies]) => accuracies.length === reports.length);
  const abstract = reports.flatMap((report) => (report.abstract === null ? [] : [report.abstract.accuracy]));
  return {
    runs: reports.length,
    accuracy: spread(reports.map(({ accuracy }) => accuracy)),
    balancedAccuracy: spread(reports.map(({ balancedAccuracy }) => balancedAccuracy)),
    logLoss: spread(reports.map(({ logLoss }) => logLoss)),
    ece: spread(reports.map(({ calibration }) => calibration.ece)),
    deviceGroups: Object.fromEntries(groups.map(([name, accuracies]) => [name, spread(accuracies)])),
    abstractAccuracy: abstract.length === reports.length ? spread(abstract) : null,
  };
}

function accuraciesOf(reports: readonly Report[], group: string): number[] {
  return reports.flatMap(({ deviceGroups }) => {
    return deviceGroups.filter(({ name }) => name === group).map(({ accuracy }) => accuracy);
  });
}

function spread(values: readonly number[]): Spread {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  if (values.length < 2) return { mean, sd: null };
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, sd: Math.sqrt(squares / (values.length - 1)) };
}
