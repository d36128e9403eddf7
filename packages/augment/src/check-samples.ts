import { describeValue, UsageError } from '@asc/core';

/** Refuses what is no Float32Array of finite samples. @throws UsageError naming the first bad sample. */
export function checkSamples(name: string, samples: unknown): asserts samples is Float32Array {
  // By tag, not instanceof: samples may come from another realm (an iframe, a test sandbox).
  if (Object.prototype.toString.call(samples) !== '[object Float32Array]') {
    throw new UsageError({
      what: `${name} is one channel of samples.`,
      expected: 'a Float32Array (S)',
      received: describeValue(samples),
    });
  }
  const bad = (samples as Float32Array).findIndex((sample) => !Number.isFinite(sample));
  if (bad < 0) return;
  throw new UsageError({
    what: `${name} is not finite.`,
    expected: 'finite samples',
    received: `${(samples as Float32Array)[bad]} at sample ${bad}`,
  });
}
