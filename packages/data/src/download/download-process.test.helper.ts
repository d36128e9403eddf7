// A process that downloads, to be killed: the set comes as JSON on stdin, argument 3 is the root. Prints a line a step.
import { text } from 'node:stream/consumers';
import type { DatasetEntry } from '../dataset/catalogue.js';
import { downloadDataset } from './download-dataset.js';

await downloadDataset(JSON.parse(await text(process.stdin)) as DatasetEntry, process.argv[3] ?? '', {
  onProgress: ({ bytes, files }) => process.stdout.write(`${bytes.done} ${files}\n`),
});
