// A process that packs argument 2 to argument 3 and stands still once 4 files are done, to be killed. Prints how many are done.
import { packDataset } from './pack-dataset.js';

await packDataset(process.argv[2] ?? '', process.argv[3] ?? '', {
  workers: 1,
  onProgress: (done) => {
    process.stdout.write(`${done}\n`);
    if (done >= 4) setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
  },
});
