/** Writes checkpoints without end, for tests that kill it: argv = file. */
import { writeCheckpoint } from './checkpoint.js';
import { NO_TOTALS } from './epoch-totals.js';

const path = process.argv[2] ?? '';
for (let epoch = 0; ; epoch++) {
  const data = new Float32Array(50_000).fill(epoch);
  const state = { w: { dtype: 'float32', shape: [data.length], data } } as const;
  await writeCheckpoint(path, { recipeHash: 'r', epoch, step: 0, totals: NO_TOTALS, state });
  if (epoch === 0) process.stdout.write('started\n');
}
