/** Runs before the first that counts: memory is laid out, code compiled. */
const WARM_UP_RUNS = 2;
/** Fewer say nothing of the spread. */
const LEAST_RUNS = 3;

/** Milliseconds of every run of `work`, repeated for about `seconds`; ends early when `signal` says so. */
export async function timeRepeatedly(
  work: () => unknown,
  { seconds, signal }: { readonly seconds: number; readonly signal?: AbortSignal },
): Promise<number[]> {
  for (let i = 0; i < WARM_UP_RUNS; i++) await work();
  const times: number[] = [];
  const end = performance.now() + 1000 * seconds;
  while (times.length < LEAST_RUNS || performance.now() < end) {
    signal?.throwIfAborted();
    const started = performance.now();
    await work();
    times.push(performance.now() - started);
    // A training step blocks the thread: let Ctrl-C have its turn.
    await new Promise(setImmediate);
  }
  return times;
}
