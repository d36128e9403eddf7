import { bar } from './bar.js';
import { formatCount, formatSeconds } from './format.js';
import type { Terminal } from './terminal.js';

/** Milliseconds between two pictures. */
const INTERVAL_MS = 100;

/** A live line for work of a known length: `[████····] 240/480 clips made, 12 s left`. */
export function countingDisplay(terminal: Terminal, what: string): (done: number, total: number) => void {
  const begun = performance.now();
  let shown = -Infinity;
  let first: number | undefined;
  return (done, total) => {
    first ??= done;
    const now = performance.now();
    if (now - shown < INTERVAL_MS && done < total) return;
    shown = now;
    const perItem = done > first ? (now - begun) / 1000 / (done - first) : undefined;
    const left = perItem === undefined || done >= total ? '' : `, ${formatSeconds(perItem * (total - done))} left`;
    terminal.live([`${bar(done / total)} ${formatCount(done)}/${formatCount(total)} ${what}${left}`]);
  };
}
