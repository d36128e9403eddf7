import { DataError, type NdArrays, UsageError, writeFileAtomic } from '@asc/core';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { findNonFinite } from './non-finite.js';
import { decodeSafetensors, encodeSafetensors } from './safetensors.js';

const progressSchema = z.strictObject({
  recipeHash: z.string(),
  /** Epochs done. */
  epoch: z.number().int().min(0),
  /** Steps done in the epoch under way. */
  step: z.number().int().min(0),
  /** Sums over those steps. */
  totals: z.strictObject({
    clips: z.number(),
    correct: z.number(),
    seconds: z.number(),
    loss: z.number(),
    parts: z.record(z.string(), z.number()),
  }),
  /** The best validation so far. */
  best: z
    .strictObject({
      epoch: z.number(),
      /** Or mean average precision, of sound events. */
      accuracy: z.number(),
      logLoss: z.number(),
    })
    .optional(),
});

/** Where a run stands; plain JSON. */
export type Progress = Readonly<z.output<typeof progressSchema>>;

/** All it takes to go on with a run as if it had never stopped. */
export interface Checkpoint extends Progress {
  /** Weights, running statistics and optimiser state by name. */
  readonly state: NdArrays;
}

/**
 * Writes a checkpoint as a safetensors file; `path` holds the old one or the new one, never half.
 *
 * @throws DataError when the disk refuses; UsageError for weights that are not finite, which no one could resume from.
 */
export async function writeCheckpoint(path: string, checkpoint: Checkpoint): Promise<void> {
  const { state, ...progress } = checkpoint;
  const broken = findNonFinite(state);
  if (broken !== undefined) {
    throw new UsageError({
      what: `The checkpoint ${path} was not written: its weights are not finite.`,
      received: `${broken.count} numbers of "${broken.name}" that are NaN or infinite`,
      hint: 'Training has diverged: lower the learning rate. The last checkpoint written is whole.',
    });
  }
  const metadata = { format: 'asc-checkpoint-1', progress: JSON.stringify(progress), sha256: digest(state, progress) };
  await writeFileAtomic(path, encodeSafetensors({ tensors: state, metadata }));
}

/**
 * Reads a checkpoint. With `recipeHash` it must be that recipe's.
 *
 * @throws DataError for a file that is missing, truncated or damaged; UsageError for a checkpoint of another recipe.
 */
export async function readCheckpoint(
  path: string,
  options: { readonly recipeHash?: string | undefined } = {},
): Promise<Checkpoint> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new DataError({ what: `Cannot read the checkpoint ${path}.`, received: String(cause) }, { cause });
  });
  const { tensors, metadata } = decodeSafetensors(bytes, path);
  if (metadata['format'] !== 'asc-checkpoint-1') {
    throw new DataError({
      what: `${path} is not a checkpoint of this program.`,
      expected: 'format "asc-checkpoint-1"',
      received: JSON.stringify(metadata['format'] ?? 'none'),
    });
  }
  const progress = readProgress(metadata['progress']);
  if (progress === undefined || digest(tensors, progress) !== metadata['sha256']) {
    throw new DataError({
      what: `The checkpoint ${path} is damaged: its content does not match its checksum.`,
      hint: 'Remove it and resume from the other checkpoint, or start again.',
    });
  }
  if (options.recipeHash !== undefined && progress.recipeHash !== options.recipeHash) {
    throw new UsageError({
      what: `The checkpoint ${path} was made with another recipe.`,
      expected: `recipe ${options.recipeHash.slice(0, 12)}`,
      received: `recipe ${progress.recipeHash.slice(0, 12)}`,
      hint: 'Resume with the recipe of its run folder, or start a new run.',
    });
  }
  return { ...progress, state: tensors };
}

function readProgress(text: string | undefined): Progress | undefined {
  try {
    return progressSchema.parse(JSON.parse(text ?? ''));
  } catch {
    return undefined;
  }
}

/** SHA-256 over everything a checkpoint says. */
function digest(state: NdArrays, progress: Progress): string {
  const hash = createHash('sha256').update(JSON.stringify(progressSchema.parse(progress)));
  for (const name of Object.keys(state).sort()) {
    const { dtype, shape, data } = state[name] as NdArrays[string];
    hash.update(JSON.stringify([name, dtype, shape]));
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex');
}
