import { UsageError, type ModelCard, type Predictions } from '@asc/core';
import type { Report } from '@asc/evaluate';
import { parseRecipe, type Recipe } from '@asc/train';
import { basename } from 'node:path';
import type { OnnxComplexity } from './onnx-complexity.js';
import { ENERGY_FIELDS, type SubmissionAbout } from './submission-about.js';
import { toYaml, type YamlValue } from './to-yaml.js';

/**
 * `output.csv` of a DCASE Task 1 submission: tab-separated, one row a recording: file name, predicted scene, posterior of every
 * scene in alphabetical order.
 *
 * @throws UsageError where two recordings have one file name.
 */
export function outputCsv({ labels, rows }: Predictions): string {
  const scenes = labels.toSorted();
  const lines = rows.map(({ id, probabilities }) => {
    const predicted = labels[probabilities.indexOf(Math.max(...probabilities))] ?? '';
    const posteriors = scenes.map((scene) => (probabilities[labels.indexOf(scene)] ?? 0).toFixed(6));
    return { file: basename(id), cells: [predicted, ...posteriors] };
  });
  const files = new Set(lines.map(({ file }) => file));
  if (files.size < lines.length) {
    throw new UsageError({
      what: 'Two recordings have the same file name.',
      expected: 'one row a file name, as the challenge counts them',
      received: `${lines.length} recordings with ${files.size} names`,
    });
  }
  const head = ['filename', 'scene_label', ...scenes];
  return [head, ...lines.map(({ file, cells }) => [file, ...cells])].map((cells) => `${cells.join('\t')}\n`).join('');
}

export interface MetaFacts {
  readonly about: SubmissionAbout;
  readonly card: ModelCard;
  readonly recipe: Recipe | undefined;
  readonly cost: OnnxComplexity;
  /** MACs for one second of sound, as the rules since 2022 count. */
  readonly macsPerSecond: number;
  readonly storage: string;
  /** On the development set. */
  readonly report: Report;
}

/** `meta.yaml` of a DCASE Task 1 submission, with every field the challenge of 2024 requires. */
export function metaYaml({ about, card, recipe, cost, macsPerSecond, storage, report }: MetaFacts): string {
  const { label, name, abbreviation, authors, sourceCode, externalDatasets } = about;
  const overall = { accuracy: percent(report.accuracy), logloss: report.logLoss };
  return toYaml({
    submission: { label, name, abbreviation, authors },
    system: {
      description: { ...descriptionOf(card, recipe, storage), ...about.description },
      complexity: {
        total_model_size: cost.bytes,
        total_parameters: cost.parameters,
        total_parameters_non_zero: cost.nonZeroParameters,
        memory_use: null,
        macs: macsPerSecond,
      },
      energy_consumption: Object.fromEntries(ENERGY_FIELDS.map((field) => [field, about.energy[field] ?? null])),
      external_datasets: externalDatasets,
      source_code: sourceCode,
    },
    results: {
      development_dataset: {
        overall,
        class_wise: Object.fromEntries(
          report.classes.map(({ scene, recall, logLoss }) => [
            scene,
            { accuracy: recall === null ? null : percent(recall), logloss: logLoss },
          ]),
        ),
        device_wise: Object.fromEntries(
          report.devices.map(({ name: device, accuracy, logLoss }) => [
            device,
            { accuracy: percent(accuracy), logloss: logLoss },
          ]),
        ),
      },
    },
  });
}

function descriptionOf(
  card: ModelCard,
  recipe: Recipe | undefined,
  storage: string,
): { readonly [key: string]: YamlValue } {
  // What a recipe does not ask for has its default, which is off.
  const silent: Partial<Recipe['augment']> =
    recipe === undefined ? {} : parseRecipe({ ...recipe, augment: {} }).augment;
  const augmentations = Object.entries(recipe?.augment ?? {}).flatMap(([name, value]) =>
    JSON.stringify(value) === JSON.stringify(silent[name as keyof Recipe['augment']]) ? [] : [words(name)],
  );
  return {
    input_sampling_rate: `${card.sampleRateHz / 1000}kHz`,
    acoustic_features: recipe?.features.preset ?? 'log-mel energies',
    embeddings: null,
    data_augmentation: augmentations.length === 0 ? null : augmentations.join(', '),
    machine_learning_method: recipe?.model.preset ?? card.name,
    ensemble_method_subsystem_count: null,
    decision_making: null,
    external_data_usage: null,
    complexity_management: `weights stored as ${storage}`,
    pipeline: recipe?.init === undefined ? 'training' : 'pretraining, training',
    framework: 'tfjs, onnxruntime',
  };
}

function words(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function percent(share: number): number {
  return Number((100 * share).toFixed(2));
}
