import type { GroupReport, Report } from './report.js';

const WIDTH = 80;
const NAME_WIDTH = 22;

/** A report as text for a terminal 80 columns wide; ends without a line break. */
export function formatReport(report: Report): string {
  const { abstract } = report;
  const head = [
    `${report.clips} clips   accuracy ${percent(report.accuracy)}   class-balanced ${percent(report.balancedAccuracy)}   log loss ${nats(report.logLoss)}`,
    `calibration error ${percent(report.calibration.ece)}` +
      (abstract === null
        ? ''
        : `   ${abstract.labels.length} abstract classes: accuracy ${percent(abstract.accuracy)}, log loss ${nats(abstract.logLoss)}`),
  ];
  const sections = [head.join('\n'), classTable(report), confusionTable(report)];
  if (report.deviceGroups.length > 0) sections.push(groupTable('device group', report.deviceGroups));
  if (report.devices.length > 0) sections.push(groupTable('device', report.devices));
  if (report.devices.length > 0 && report.clipsWithoutDevice > 0) {
    sections.push(`${report.clipsWithoutDevice} clips without a device`);
  }
  return sections.join('\n\n');
}

function classTable({ classes }: Report): string {
  const rows = classes.map(({ scene, count, recall, precision, logLoss }, i) => [
    `${String(i + 1).padStart(2)} ${scene}`,
    String(count),
    percent(recall),
    percent(precision),
    nats(logLoss),
  ]);
  return table(['scene', 'clips', 'recall', 'precision', 'log loss'], rows);
}

function groupTable(title: string, groups: readonly GroupReport[]): string {
  const rows = groups.map((group) => [
    group.name,
    String(group.clips),
    percent(group.accuracy),
    percent(group.balancedAccuracy),
    nats(group.logLoss),
  ]);
  return table([title, 'clips', 'accuracy', 'balanced', 'log loss'], rows);
}

/** The confusion matrix where it fits the width, else the pairs most often confused. */
function confusionTable(report: Report): string {
  const { confusion, labels } = report;
  const largest = confusion.flat().reduce((most, count) => Math.max(most, count), 0);
  const cell = Math.max(4, String(largest).length + 1);
  if (NAME_WIDTH + cell * labels.length > WIDTH) return confusedPairs(report);
  const header = `${'true \\ predicted'.padEnd(NAME_WIDTH)}${labels.map((_, i) => String(i + 1).padStart(cell)).join('')}`;
  const rows = confusion.map((counts, i) => {
    const cells = counts.map((count) => (count === 0 ? '·' : String(count)).padStart(cell));
    return fit(`${String(i + 1).padStart(2)} ${labels[i] ?? ''}`) + cells.join('');
  });
  return [header, ...rows].join('\n');
}

function confusedPairs({ confusion, labels }: Report): string {
  const pairs = confusion
    .flatMap((counts, truth) => counts.map((count, guess) => ({ count, truth, guess })))
    .filter(({ count, truth, guess }) => truth !== guess && count > 0)
    .sort((a, b) => b.count - a.count)
    .slice(0, 10);
  if (pairs.length === 0) return 'Nothing was confused.';
  const rows = pairs.map(({ count, truth, guess }) => {
    return `${String(count).padStart(6)}  ${fit(labels[truth] ?? '')} → ${fit(labels[guess] ?? '').trimEnd()}`;
  });
  return ['most often confused (true → predicted)', ...rows].join('\n');
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = ([name = '', ...cells]: readonly string[]): string => {
    return fit(name) + cells.map((cell) => cell.padStart(11)).join('');
  };
  return [header, ...rows].map(line).join('\n');
}

/** A name in its column: padded, or cut with an ellipsis. */
function fit(name: string): string {
  const text = name.length >= NAME_WIDTH ? `${name.slice(0, NAME_WIDTH - 2)}…` : name;
  return text.padEnd(NAME_WIDTH);
}

function percent(fraction: number | null): string {
  return fraction === null ? '-' : `${(100 * fraction).toFixed(1)} %`;
}

function nats(value: number | null): string {
  return value === null ? '-' : value.toFixed(3);
}
