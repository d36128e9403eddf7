import { DataError, type NdArrays, UsageError, writeFileAtomic } from '@asc/core';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { findNonFinite } from './non-finite.js';
import { decodeSafetensors, encodeSafetensors } from './safetensors.js';

/** What a teacher said of a set of clips. */
export interface TeacherLogits {
  /** Labels of the columns (Y). */
  readonly scenes: readonly string[];
  /** Logits (Y) by clip id; a constant added to all of a clip's makes no difference. */
  readonly logits: ReadonlyMap<string, ArrayLike<number>>;
  /** What is known of the teacher: plain JSON, for people. */
  readonly teacher: Readonly<Record<string, unknown>>;
}

/**
 * Writes teacher logits as a safetensors file: one float32 tensor (Y) a clip, named by the clip's id, with the metadata
 * `scenes` and `teacher` in JSON. The order of the clips means nothing.
 *
 * From Python: `safetensors.numpy.save_file({id: logits, …}, path, metadata={'scenes': json.dumps(scenes)})`.
 *
 * @throws UsageError for no clips, or logits that are not Y finite numbers; DataError when the disk refuses.
 */
export async function writeTeacherLogits(path: string, { scenes, logits, teacher }: TeacherLogits): Promise<void> {
  const tensors: NdArrays = Object.fromEntries(
    [...logits].map(([id, row]) => [id, { dtype: 'float32', shape: [row.length], data: Float32Array.from(row) }]),
  );
  const problem = problemOf(tensors, scenes);
  if (problem !== undefined) throw new UsageError({ what: `The teacher's logits cannot be stored.`, ...problem });
  const metadata = { scenes: JSON.stringify(scenes), teacher: JSON.stringify(teacher) };
  await writeFileAtomic(path, encodeSafetensors({ tensors, metadata }));
}

/**
 * Reads what `writeTeacherLogits` wrote, with the SHA-256 of the file.
 *
 * @throws DataError for a file that is missing, damaged, or holds something else.
 */
export async function readTeacherLogits(path: string): Promise<TeacherLogits & { readonly sha256: string }> {
  const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
    throw new DataError(
      {
        what: `Cannot read the teacher file ${path}.`,
        received: cause.code ?? String(cause),
        hint: 'Make it with `asc teach RUN -o FILE`, and give its path from here or from the recipe.',
      },
      { cause },
    );
  });
  const { tensors, metadata } = decodeSafetensors(bytes, path);
  const scenes = readJson(metadata['scenes']);
  if (!Array.isArray(scenes) || !scenes.every((scene) => typeof scene === 'string') || scenes.length === 0) {
    throw new DataError({
      what: `${path} holds no teacher's logits.`,
      expected: 'metadata "scenes": the labels of the columns, a JSON array of texts',
      received: metadata['scenes'] ?? 'none',
      hint: 'Make it with `asc teach RUN -o FILE`.',
    });
  }
  const problem = problemOf(tensors, scenes);
  if (problem !== undefined) throw new DataError({ what: `${path} cannot teach.`, ...problem });
  const teacher = readJson(metadata['teacher']);
  return {
    scenes,
    logits: new Map(Object.entries(tensors).map(([id, { data }]) => [id, data])),
    teacher: typeof teacher === 'object' && teacher !== null ? (teacher as Record<string, unknown>) : {},
    sha256: createHash('sha256').update(bytes).digest('hex'),
  };
}

function problemOf(
  tensors: NdArrays,
  scenes: readonly string[],
): { readonly expected: string; readonly received: string } | undefined {
  const entries = Object.entries(tensors);
  if (entries.length === 0) return { expected: 'logits of at least one clip', received: 'none' };
  if (new Set(scenes).size < scenes.length) return { expected: 'labels that differ', received: scenes.join(', ') };
  for (const [id, { dtype, shape }] of entries) {
    if (dtype === 'float32' && shape.length === 1 && shape[0] === scenes.length) continue;
    return {
      expected: `float32 of shape (${scenes.length}) for every clip, one for every scene`,
      received: `${dtype} of shape (${shape.join(', ')}) for ${id}`,
    };
  }
  const broken = findNonFinite(tensors);
  if (broken === undefined) return undefined;
  return { expected: 'finite logits', received: `${broken.count} that are NaN or infinite for ${broken.name}` };
}

function readJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? 'null') as unknown;
  } catch {
    return undefined;
  }
}
