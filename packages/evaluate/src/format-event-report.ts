import type { EventReport } from './evaluate-events.js';

/** Events shown by name, best first. */
const SHOWN = 20;

/** An {@link EventReport} for people: the scores, then events by average precision. */
export function formatEventReport({ clips, meanAveragePrecision, accuracy, logLoss, events }: EventReport): string {
  const ranked = events
    .flatMap(({ event, count, averagePrecision }) =>
      averagePrecision === null ? [] : { event, count, averagePrecision },
    )
    .sort((a, b) => b.averagePrecision - a.averagePrecision);
  const width = Math.max(...ranked.map(({ event }) => event.length));
  const rows = ranked.slice(0, SHOWN).map(({ event, count, averagePrecision }) => {
    return `  ${event.padEnd(width)}  ${averagePrecision.toFixed(3)}  (${count})`;
  });
  return [
    `mAP ${meanAveragePrecision.toFixed(3)} over ${ranked.length} events, log loss ${logLoss.toFixed(3)}, most likely event right ${(100 * accuracy).toFixed(1)} % (${clips} clips)`,
    'average precision by event (clips it is heard in):',
    ...rows,
    ...(ranked.length > SHOWN ? [`  … and ${ranked.length - SHOWN} more`] : []),
  ].join('\n');
}
