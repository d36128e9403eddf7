import type { EventReport, Report } from '@asc/evaluate';
import { formatPercent } from './format.js';

/** The scores of a report on one line. */
export function scoreLine(report: Report | EventReport): string {
  if (isOfEvents(report)) {
    return `mAP ${report.meanAveragePrecision.toFixed(3)}, log loss ${report.logLoss.toFixed(3)} (${report.clips} clips)`;
  }
  const abstract = report.abstract === null ? '' : `, abstract classes ${formatPercent(report.abstract.accuracy)}`;
  return `accuracy ${formatPercent(report.accuracy)}, log loss ${report.logLoss.toFixed(3)}${abstract} (${report.clips} clips)`;
}

/** Accuracy on the devices that training heard and those it did not, where a report knows both. */
export function deviceGroups(report: Report | EventReport): string[] {
  return (isOfEvents(report) ? [] : report.deviceGroups)
    .filter(({ name }) => name === 'seen' || name === 'unseen')
    .map(({ name, accuracy, clips, devices }) => {
      return `${name} devices (${devices.join(', ')}): accuracy ${formatPercent(accuracy)} (${clips} clips)`;
    });
}

/** Whether it is of sound events, not of scenes. */
export function isOfEvents(report: Report | EventReport): report is EventReport {
  return 'meanAveragePrecision' in report;
}
