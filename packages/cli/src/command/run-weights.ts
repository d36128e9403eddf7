import { Option } from 'commander';

/** The weights a run keeps: where it stands, its best validation, and the average a recipe may ask for. */
const RUN_WEIGHTS = ['last', 'best', 'averaged'] as const;
export type RunWeights = (typeof RUN_WEIGHTS)[number];

/** `--weights`, for the commands that read a run. */
export function weightsOption(): Option {
  const text = 'which weights of the run (averaged where its recipe averages, else last)';
  return new Option('--weights <WHICH>', text).choices(RUN_WEIGHTS);
}
