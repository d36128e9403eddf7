import { DataError, UsageError } from '@asc/core';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SubmitOptions, TrainPercent } from '../commands/submit.js';
import type { OnnxComplexity } from './onnx-complexity.js';
import type { Recipe } from '@asc/train';

/** The edition whose systems hand in one output for each share of the training clips they learnt from. */
const BY_PERCENT = 'dcase2024';

/**
 * The share of the training clips that names the output of 2024; none for other editions.
 *
 * @throws UsageError where 2024 asks for one and nobody told it, or it was told twice and differently.
 */
export function trainPercentOf(
  recipe: Recipe | undefined,
  { rule, trainPercent }: Pick<SubmitOptions, 'rule' | 'trainPercent'>,
): TrainPercent | undefined {
  const dataset = recipe?.dataset;
  const trained = dataset !== undefined && 'trainPercent' in dataset ? dataset.trainPercent : undefined;
  const given = trainPercent === undefined ? undefined : (Number(trainPercent) as TrainPercent);
  const isOther = rule !== undefined && rule !== BY_PERCENT;
  if (isOther && given !== undefined) {
    throw new UsageError({
      what: `Outputs of ${rule} are not told apart by the share of the training clips.`,
      expected: `--train-percent with --rule ${BY_PERCENT}, or without --rule`,
      received: `--train-percent ${given}`,
    });
  }
  if (given !== undefined && trained !== undefined && given !== trained) {
    throw new UsageError({
      what: 'The model learnt from another share of the training clips.',
      expected: `--train-percent ${trained}, or none`,
      received: `--train-percent ${given}`,
    });
  }
  const percent = given ?? trained;
  if (rule === BY_PERCENT && percent === undefined) {
    throw new UsageError({
      what: `${BY_PERCENT} names outputs by the share of the training clips, and the model does not know its own.`,
      expected: '--train-percent 5, 10, 25, 50 or 100',
      hint: 'A recipe tells it by dataset.trainPercent.',
    });
  }
  return isOther ? undefined : percent;
}

/** Files of one submission. */
export interface SubmissionFiles {
  readonly output: string;
  readonly meta: string;
}

export function submissionFiles(folder: string, label: string, percent: TrainPercent | undefined): SubmissionFiles {
  const split = percent === undefined ? '' : `.split_${percent}`;
  return { output: join(folder, `${label}.output${split}.csv`), meta: join(folder, `${label}.meta.yaml`) };
}

/**
 * Whether the folder already holds the output of another share of the training clips, whose meta.yaml speaks for all.
 *
 * @throws UsageError where that meta.yaml is of another label or network; DataError where it is gone.
 */
export async function joinsSubmission(
  folder: string,
  files: SubmissionFiles,
  own: { readonly label: string; readonly cost: OnnxComplexity; readonly macsPerSecond: number },
): Promise<boolean> {
  const names = await readdir(folder).catch(() => []);
  const others = names.filter((name) => /\.output\.split_\d+\.csv$/.test(name) && join(folder, name) !== files.output);
  if (!/\.split_\d+\.csv$/.test(files.output) || others.length === 0) return false;
  const meta = await readFile(files.meta, 'utf8').catch((cause: unknown) => {
    const what = `${folder} holds ${others.join(', ')}, and no meta.yaml.`;
    throw new DataError({ what, expected: files.meta, hint: 'Give another folder with -o.' }, { cause });
  });
  const { label, cost, macsPerSecond } = own;
  const facts = {
    label,
    total_parameters: String(cost.parameters),
    total_model_size: String(cost.bytes),
    macs: String(macsPerSecond),
  };
  for (const [key, value] of Object.entries(facts)) {
    const found = new RegExp(`^ *${key}: *"?([^"\\n]*?)"? *$`, 'm').exec(meta)?.[1];
    if (found === value) continue;
    throw new UsageError({
      what: `${files.meta} is of another ${key === 'label' ? 'submission' : 'network'}; a submission has one for all its outputs.`,
      expected: `${key}: ${found ?? 'a value'}`,
      received: value,
      hint: 'Give another folder with -o, or another label.',
    });
  }
  return true;
}
