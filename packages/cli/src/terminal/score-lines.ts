import type { Report } from '@asc/evaluate';
import { formatPercent } from './format.js';

/** The scores of a report on one line. */
export function scoreLine(report: Report): string {
  const abstract = report.abstract === null ? '' : `, abstract classes ${formatPercent(report.abstract.accuracy)}`;
  return `accuracy ${formatPercent(report.accuracy)}, log loss ${report.logLoss.toFixed(3)}${abstract} (${report.clips} clips)`;
}

/** Accuracy on the devices that training heard and those it did not, where a report knows both. */
export function deviceGroups({ deviceGroups: groups }: Report): string[] {
  return groups
    .filter(({ name }) => name === 'seen' || name === 'unseen')
    .map(({ name, accuracy, clips, devices }) => {
      return `${name} devices (${devices.join(', ')}): accuracy ${formatPercent(accuracy)} (${clips} clips)`;
    });
}
