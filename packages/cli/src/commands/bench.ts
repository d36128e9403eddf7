import { Argument, type Command } from 'commander';
import { subcommand, type CommonOptions, type Performer } from '../command/handle.js';
import { positiveNumber, wholeNumber } from '../command/options.js';

/** What `asc bench` can measure. */
export const BENCHES = ['train', 'features', 'infer'] as const;
export type Bench = (typeof BENCHES)[number];

export interface BenchOptions extends CommonOptions {
  readonly batch?: number;
  readonly threads?: number;
  readonly seconds: number;
}

/** `asc bench`: how fast this machine trains, computes features, or classifies. */
export function addBenchCommand(program: Command, perform: Performer): void {
  subcommand(
    program,
    'bench',
    'time a training step, a front end, or a classifier on this machine',
    ['asc bench train dcase2024 --batch 64', 'asc bench features clova2021', 'asc bench infer model.int8.onnx'].join(
      '\n',
    ),
  )
    .addArgument(new Argument('<KIND>', 'what to time').choices(BENCHES))
    .argument('[NAME]', 'network (train, infer), front end (features), or a run or .onnx file (infer)')
    .option('--batch <N>', 'clips at once (32 in training, else 1)', wholeNumber(1))
    .option('--threads <N>', 'threads of ONNX Runtime (one per core where not given)', wholeNumber(1))
    .option('--seconds <N>', 'about how long to measure', positiveNumber, 5)
    .action((kind: Bench, name: string | undefined, options: BenchOptions) =>
      perform(options, async (context) => (await import('../actions/bench.js')).bench(kind, name, options, context)),
    );
}
