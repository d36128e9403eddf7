import { checkKeys, DataError, UsageError } from '@asc/core';
import { readFile } from 'node:fs/promises';
import type { YamlValue } from './to-yaml.js';

/** What a submission says that a model cannot know. */
export interface SubmissionAbout {
  /** AUTHOR_INSTITUTE_TASK_INDEX, which names folder and files; TASK is task1, in the editions of 2020 and 2021 task1a or task1b. */
  readonly label: string;
  readonly name: string;
  /** At most 10 characters. */
  readonly abbreviation: string;
  readonly authors: readonly { readonly [key: string]: YamlValue }[];
  readonly sourceCode: string | null;
  /** Entries of `system.description` in place of those told from the model. */
  readonly description: { readonly [key: string]: YamlValue };
  /** kWh by `training`, `inference`, `baseline_inference`. */
  readonly energy: { readonly [key: string]: YamlValue };
  readonly externalDatasets: readonly YamlValue[];
}

/** What `system.description` may say, as the challenge of 2024 asks. */
export const DESCRIPTION_FIELDS = [
  'input_sampling_rate',
  'acoustic_features',
  'embeddings',
  'data_augmentation',
  'machine_learning_method',
  'ensemble_method_subsystem_count',
  'decision_making',
  'external_data_usage',
  'complexity_management',
  'pipeline',
  'framework',
] as const;
const AUTHOR_FIELDS = ['lastname', 'firstname', 'email', 'affiliation'] as const;
/** As the challenge of 2024 asks. */
export const ENERGY_FIELDS = ['training', 'inference', 'baseline_inference'] as const;
const DATASET_FIELDS = ['name', 'url', 'total_audio_length'] as const;

/** Reads and checks the file given with `--about`. @throws DataError where it cannot be read, UsageError where the challenge would refuse it. */
export async function readSubmissionAbout(path: string): Promise<SubmissionAbout> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new DataError({ what: `Cannot read ${path}.`, received: String(cause) }, { cause });
  });
  try {
    return checkSubmissionAbout(JSON.parse(text));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new DataError({ what: `${path} is not JSON.`, received: error.message }, { cause: error });
  }
}

/** A checked description of a submission. @throws UsageError naming the first entry the challenge would refuse. */
export function checkSubmissionAbout(value: unknown): SubmissionAbout {
  const optional = ['sourceCode', 'description', 'energy', 'externalDatasets'];
  const about = checkKeys('The submission', value, ['label', 'name', 'abbreviation', 'authors', ...optional]);
  const label = text('label', about['label']);
  if (!/^[A-Za-z-]+_[A-Za-z-]+_task1[ab]?_[1-4]$/.test(label)) {
    refuse(
      'label',
      'AUTHOR_INSTITUTE_task1_INDEX (or task1a, task1b) with an index of 1 to 4, e.g. "Doe_UNI_task1_1"',
      label,
    );
  }
  const abbreviation = text('abbreviation', about['abbreviation']);
  if (abbreviation.length > 10) refuse('abbreviation', 'at most 10 characters', abbreviation);
  const authors = list('authors', about['authors']).map((author, i) => {
    const known = record(`authors[${i}]`, author);
    for (const field of AUTHOR_FIELDS) if (!(field in known)) refuse(`authors[${i}].${field}`, 'a value', 'nothing');
    return known;
  });
  const corresponding = authors.filter((author) => author['corresponding'] === true).length;
  if (corresponding !== 1) refuse('authors', 'exactly one author with "corresponding": true', String(corresponding));
  const description = record('description', about['description'] ?? {});
  checkKeys('description of the submission', description, DESCRIPTION_FIELDS);
  const energy = record('energy', about['energy'] ?? {});
  checkKeys('energy of the submission', energy, ENERGY_FIELDS);
  const externalDatasets = list('externalDatasets', about['externalDatasets'] ?? []);
  externalDatasets.forEach((dataset, i) => {
    const known = record(`externalDatasets[${i}]`, dataset);
    for (const field of DATASET_FIELDS) {
      if (!(field in known)) refuse(`externalDatasets[${i}].${field}`, 'a value', 'nothing');
    }
  });
  const source = about['sourceCode'] ?? null;
  return {
    label,
    name: text('name', about['name']),
    abbreviation,
    authors,
    sourceCode: source === null ? null : text('sourceCode', source),
    description,
    energy,
    externalDatasets,
  };
}

function text(name: string, value: unknown): string {
  return typeof value === 'string' && value.trim() !== '' ? value : refuse(name, 'text', JSON.stringify(value));
}

function list(name: string, value: unknown): readonly YamlValue[] {
  return Array.isArray(value) ? value : refuse(name, 'a list', JSON.stringify(value));
}

function record(name: string, value: unknown): { readonly [key: string]: YamlValue } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return refuse(name, 'an object', JSON.stringify(value));
  }
  return value as { readonly [key: string]: YamlValue };
}

function refuse(name: string, expected: string, received: string | undefined): never {
  throw new UsageError({
    what: `"${name}" of the submission is not as the challenge wants it.`,
    expected,
    received: received ?? 'nothing',
  });
}
