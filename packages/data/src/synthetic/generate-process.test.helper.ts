// Generates a set in a process of its own, to be killed: argument 1 is the options. Prints its progress.
import { type SyntheticOptions, generateSyntheticScenes } from './generate-synthetic-scenes.js';

const options = JSON.parse(process.argv[2] ?? '') as SyntheticOptions;
await generateSyntheticScenes({ ...options, onProgress: (done) => process.stdout.write(`${done}\n`) });
