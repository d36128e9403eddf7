import type { PairedDifference, Spread } from '@asc/evaluate';
import type { Comparison, Group, Pair } from '../line/comparison.js';
import { formatCount, formatPercent } from './format.js';
import { table, type Column } from './table.js';

/** Widest a path and a value may be for a line of 80 columns. */
const PATH_WIDTH = 28;
const VALUE_WIDTH = 30;

const right = (heading: string): Column => ({ heading, align: 'right' });

/** A comparison as text for a terminal 80 columns wide; ends without a line break. */
export function describeComparison(comparison: Comparison): string {
  const { settings, groups, pairs, contestants } = comparison;
  const sections = [runTable(comparison)];
  if (settings.length > 0) sections.push(settingLines(comparison));
  if (groups.some(({ members }) => members.length > 1)) sections.push(groupTable(groups));
  if (pairs.length > 0) sections.push(pairTable(comparison));
  else if (contestants.length === 2)
    sections.push('The folds differ: these are not the same clips, so they are not paired.');
  return sections.join('\n\n');
}

function runTable({ contestants, groups }: Comparison): string {
  const unseen = contestants.map(({ report }) => report.deviceGroups.find(({ name }) => name === 'unseen'));
  const isRun = contestants.some(({ parameters }) => parameters !== undefined);
  const hasUnseen = unseen.some((group) => group !== undefined);
  const columns: Column[] = [
    { heading: '' },
    { heading: 'run' },
    right('clips'),
    right('accuracy'),
    ...(hasUnseen ? [right('unseen')] : []),
    right('log loss'),
    ...(isRun ? [right('parameters')] : []),
  ];
  const rows = contestants.map(({ path, report, parameters }, i) => [
    `${groups.find(({ members }) => members.includes(i))?.name ?? ''} ${i + 1}`,
    shorten(path, PATH_WIDTH),
    formatCount(report.clips),
    formatPercent(report.accuracy),
    ...(hasUnseen ? [unseen[i] === undefined ? '-' : formatPercent(unseen[i].accuracy)] : []),
    report.logLoss.toFixed(3),
    ...(isRun ? [parameters === undefined ? '-' : formatCount(parameters)] : []),
  ]);
  return table(columns, rows);
}

/** `optimiser.learningRate  0.001 (1, 2)  0.002 (3)`, one value a line where there are more. */
function settingLines({ settings }: Comparison): string {
  const rows = settings.flatMap(({ path, values }) => {
    const runs = new Map<string, number[]>();
    values.forEach((value, i) => {
      const text = value === undefined ? '-' : typeof value === 'string' ? value : JSON.stringify(value);
      runs.set(text, [...(runs.get(text) ?? []), i + 1]);
    });
    return [...runs].map(([value, own], i) => [
      i === 0 ? shorten(path, PATH_WIDTH) : '',
      shorten(value, VALUE_WIDTH),
      ranges(own),
    ]);
  });
  return table([{ heading: 'settings that differ' }, { heading: 'value' }, { heading: 'runs' }], rows);
}

function groupTable(groups: readonly Group[]): string {
  const hasUnseen = groups.some(({ scores }) => scores.deviceGroups['unseen'] !== undefined);
  const rows = groups.map(({ name, members, scores }) => [
    name,
    String(scores.runs),
    points(scores.accuracy),
    ...(hasUnseen ? [scores.deviceGroups['unseen'] === undefined ? '-' : points(scores.deviceGroups['unseen'])] : []),
    nats(scores.logLoss),
    ranges(members.map((i) => i + 1)),
  ]);
  const unseen = hasUnseen ? [right('unseen')] : [];
  const columns = [
    { heading: 'mean ± sd' },
    right('n'),
    right('accuracy'),
    ...unseen,
    right('log loss'),
    { heading: 'runs' },
  ];
  return table(columns, rows);
}

function pairTable({ pairs }: Comparison): string {
  const [first] = pairs;
  const rows = pairs.flatMap(({ a, b, report }: Pair) => [
    [`${b} − ${a}`, 'accuracy', ...differenceCells(report.accuracy, (value) => signed(100 * value, 1), ' points')],
    ['', 'log loss', ...differenceCells(report.logLoss, (value) => signed(value, 3))],
  ]);
  const columns = [{ heading: '' }, { heading: '' }, right('difference'), right('95 % interval'), right('p')];
  const clips = formatCount(first?.report.clips ?? 0);
  const resamples = formatCount(first?.report.resamples ?? 0);
  return `paired bootstrap over the ${clips} clips, ${resamples} resamples\n${table(columns, rows)}`;
}

function differenceCells(
  { difference, low, high, pValue }: PairedDifference,
  show: (value: number) => string,
  unit = '',
): string[] {
  const p = pValue < 0.001 ? '< 0.001' : pValue.toFixed(3);
  return [show(difference) + unit, `${show(low)} … ${show(high)}`, p];
}

function signed(value: number, digits: number): string {
  const text = Math.abs(value).toFixed(digits);
  if (Number(text) === 0) return text;
  return `${value < 0 ? '−' : '+'}${text}`;
}

function points({ mean, sd }: Spread): string {
  const share = (100 * mean).toFixed(1);
  return sd === null ? `${share} %` : `${share} ± ${(100 * sd).toFixed(1)} %`;
}

function nats({ mean, sd }: Spread): string {
  return sd === null ? mean.toFixed(3) : `${mean.toFixed(3)} ± ${sd.toFixed(3)}`;
}

/** `1, 2, 3, 5` as `1–3, 5`. */
function ranges(numbers: readonly number[]): string {
  const parts: [from: number, to: number][] = [];
  for (const number of numbers) {
    const last = parts.at(-1);
    if (last !== undefined && number === last[1] + 1) last[1] = number;
    else parts.push([number, number]);
  }
  return parts
    .map(([from, to]) => (from === to ? `${from}` : to === from + 1 ? `${from}, ${to}` : `${from}–${to}`))
    .join(', ');
}

/** A text in a column: its end, which tells more of a path, where it is too long. */
function shorten(text: string, width: number): string {
  // Control characters of a recipe's text would move the cursor.
  const plain = text.replace(/\p{Cc}/gu, '?');
  return plain.length <= width ? plain : `…${plain.slice(plain.length - width + 1)}`;
}
