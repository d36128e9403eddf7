import { AscError, UsageError } from '@asc/core';
import { benchEpoch } from './bench-epoch.js';
import { benchExtract } from './bench-extract.js';
import { benchFeatures } from './bench-features.js';
import { benchGrowth } from './bench-growth.js';
import { benchInfer } from './bench-infer.js';
import { benchTrain } from './bench-train.js';
import { prepareFolder } from './csv.js';
import { againKeepingMemory, keepsMemory } from './keep-memory.js';
import { describeMachine } from './machine.js';
import { HELP, parseOptions } from './options.js';
import { ScratchFolder } from './scratch-folder.js';

const BENCHES = {
  train: benchTrain,
  features: benchFeatures,
  extract: benchExtract,
  infer: benchInfer,
  epoch: benchEpoch,
  growth: benchGrowth,
};

async function main(args: readonly string[]): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    console.log(HELP);
    return 0;
  }
  const scratch = new ScratchFolder();
  process.once('exit', () => scratch.remove());
  process.on('SIGINT', () => process.exit(130));
  process.on('SIGTERM', () => process.exit(143));
  try {
    const options = parseOptions(args, process.env);
    await prepareFolder(options.out);
    const machine = describeMachine();
    const voice = { print: (line: string) => console.log(line), say: (line: string) => console.error(line) };
    if (options.python === undefined) {
      voice.say('Our side alone: set ASC_PYTHON to a Python with torch and librosa, without --ours, to compare.');
    }
    voice.print(
      `${machine.cpu}, ${machine.cores} cores, load ${machine.load.toFixed(1)}; Node ${machine.node}, ONNX Runtime ${machine.onnxruntime}, commit ${machine.commit}`,
    );
    await BENCHES[options.bench](options, { machine, scratch, voice });
    return 0;
  } catch (error) {
    if (!(error instanceof AscError)) throw error;
    console.error(error.message);
    return error instanceof UsageError ? 2 : 1;
  }
}

process.exitCode = keepsMemory() ? await main(process.argv.slice(2)) : await againKeepingMemory();
