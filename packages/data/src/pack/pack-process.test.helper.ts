// A process that packs argument 1 to argument 2, to be killed. Prints how many files are done.
import { packDataset } from './pack-dataset.js';

await packDataset(process.argv[2] ?? '', process.argv[3] ?? '', {
  workers: 1,
  onProgress: (done) => process.stdout.write(`${done}\n`),
});
