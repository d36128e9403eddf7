/** A moment of what was heard, and the classifier's opinion of it. Times in seconds from the start. */
export interface Moment {
  readonly from: number;
  readonly to: number;
  /** Index of the scene, and its posterior. */
  readonly scene: number;
  readonly confidence: number;
}

/** Moments of one scene with no gap between them; the confidence is their mean. */
export function mergeRuns(moments: readonly Moment[]): Moment[] {
  const runs: { from: number; to: number; scene: number; confidence: number; count: number }[] = [];
  for (const moment of moments) {
    const last = runs.at(-1);
    if (last === undefined || last.scene !== moment.scene || last.to !== moment.from) {
      runs.push({ ...moment, count: 1 });
      continue;
    }
    last.to = moment.to;
    last.count += 1;
    last.confidence += (moment.confidence - last.confidence) / last.count;
  }
  return runs.map(({ from, to, scene, confidence }) => ({ from, to, scene, confidence }));
}

/** Seconds as m:ss. */
export function clockTime(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}

/** A label as one reads it: `metro_station` is "metro station". */
export function readable(label: string): string {
  return label.replaceAll('_', ' ');
}

/** A probability as a whole percentage. */
export function percent(probability: number): string {
  return `${Math.round(probability * 100)} %`;
}

const STEPS_SECONDS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600];
const MOST_TICKS = 6;

/** Round moments between `from` and `to` seconds to label an axis with, {@link MOST_TICKS} at most. */
export function tickSeconds(from: number, to: number): number[] {
  const step = STEPS_SECONDS.find((each) => (to - from) / each < MOST_TICKS) ?? Math.ceil((to - from) / MOST_TICKS);
  const first = Math.ceil(from / step);
  return Array.from({ length: Math.floor(to / step) - first + 1 }, (_, i) => (first + i) * step);
}
