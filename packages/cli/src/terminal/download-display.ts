import type { DownloadProgress } from '@asc/data';
import { bar } from './bar.js';
import { formatBytes, formatCount, formatSeconds } from './format.js';
import type { Terminal } from './terminal.js';

/** Milliseconds between two pictures. */
const INTERVAL_MS = 200;
/** The rate is that of so many milliseconds. */
const RATE_MS = 10_000;

interface Moment {
  readonly ms: number;
  readonly bytes: number;
}

/** The live lines of a download: `[████····] 3.2 GB of 27.4 GB, 21.4 MB/s, 18 min 50 s left`, what is unpacked, why it waits. */
export function downloadDisplay(
  terminal: Terminal,
  now: () => number = () => performance.now(),
): (progress: DownloadProgress) => void {
  const moments: Moment[] = [];
  let shown = -Infinity;
  let waiting: { readonly line: string; readonly untilMs: number } | undefined;
  return ({ archives, bytes, files, pause }) => {
    const ms = now();
    if (pause !== undefined) {
      const { why, attempt, attempts } = pause;
      const line = `${why}, trying again in ${formatSeconds(pause.ms / 1000)}, ${attempt} of ${attempts}`;
      waiting = { line, untilMs: ms + pause.ms };
      // A log that nobody watches would be silent for minutes.
      if (!terminal.watched) terminal.print(line);
    }
    if (ms - shown < INTERVAL_MS && pause === undefined && bytes.done < bytes.total) return;
    shown = ms;
    moments.push({ ms, bytes: bytes.done });
    while (moments.length > 2 && ms - moments[0]!.ms > RATE_MS) moments.shift();
    const [first] = moments;
    const rate = first !== undefined && ms > first.ms ? ((bytes.done - first.bytes) / (ms - first.ms)) * 1000 : 0;
    const left = bytes.total - bytes.done;
    const speed =
      rate > 0 && left > 0 ? `, ${formatBytes(Math.round(rate))}/s, ${formatSeconds(left / rate)} left` : '';
    terminal.live([
      `${bar(bytes.done / bytes.total)} ${formatBytes(bytes.done)} of ${formatBytes(bytes.total)}${speed}`,
      `${archives.done} of ${archives.total} archives unpacked, ${formatCount(files)} files in place`,
      ...(waiting !== undefined && waiting.untilMs > ms ? [waiting.line] : []),
    ]);
  };
}
