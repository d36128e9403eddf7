import { describe, expect, it } from '@jest/globals';
import { DataError, UsageError, type ModelCard } from '@asc/core';
import { evaluate } from '@asc/evaluate';
import fc from 'fast-check';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from './asc.test.helper.js';
import { checkSubmissionAbout, readSubmissionAbout } from './line/submission-about.js';
import { metaYaml, outputCsv } from './line/submission-files.js';
import { toYaml } from './line/to-yaml.js';

const ABOUT = {
  label: 'Doe_UNI_task1_1',
  name: 'A "small" system: one',
  abbreviation: 'small',
  authors: [
    {
      lastname: 'Doe',
      firstname: 'Jo',
      email: 'jo@example.org',
      corresponding: true,
      affiliation: { abbreviation: 'UNI', institute: 'University', department: 'No', location: 'Somewhere' },
    },
  ],
};
const labels = { scenes: ['park', 'bus'], abstracts: [], abstractOf: [] };
const predictions = {
  labels: ['park', 'bus'],
  rows: [
    { id: 'audio/1.wav', scene: 'bus', device: 'a', probabilities: [0.25, 0.75] },
    { id: 'audio/2.wav', scene: 'park', device: 's1', probabilities: [0.9, 0.1] },
  ],
};

describe('output.csv', () => {
  it('has the scenes in alphabetical order and the predicted one', () => {
    expect(outputCsv(predictions)).toBe(
      'filename\tscene_label\tbus\tpark\n1.wav\tbus\t0.750000\t0.250000\n2.wav\tpark\t0.100000\t0.900000\n',
    );
  });

  it('refuses two recordings of one name', () => {
    const twice = { ...predictions, rows: predictions.rows.map((row) => ({ ...row, id: `${row.scene}/1.wav` })) };
    expect(() => outputCsv(twice)).toThrow(/same file name/);
  });
});

describe('meta.yaml', () => {
  // The fields that the challenge's own validator of 2024 requires.
  const REQUIRED = [
    'submission',
    'label',
    'name',
    'abbreviation',
    'authors',
    'lastname',
    'firstname',
    'email',
    'affiliation',
    'system',
    'description',
    'complexity',
    'energy_consumption',
    'external_datasets',
    'source_code',
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
    'total_model_size',
    'total_parameters',
    'total_parameters_non_zero',
    'memory_use',
    'macs',
    'training',
    'inference',
    'baseline_inference',
    'results',
    'development_dataset',
    'overall',
    'class_wise',
    'device_wise',
    'accuracy',
    'logloss',
  ];

  it('has every field, told from the model or as the author wants it', () => {
    const about = checkSubmissionAbout({ ...ABOUT, description: { decision_making: 'average' } });
    const text = metaYaml({
      about,
      card: {
        name: 'tiny',
        labels,
        sampleRateHz: 44_100,
        clipSamples: 44_100,
        input: 'waveform',
      } as unknown as ModelCard,
      recipe: undefined,
      cost: {
        nodes: [],
        parameters: 7,
        nonZeroParameters: 6,
        bytes: 7,
        nonZeroBytes: 6,
        macs: 90,
        storages: ['int8'],
      },
      macsPerSecond: 90,
      storage: 'int8',
      report: evaluate(predictions, labels),
    });
    for (const field of REQUIRED) expect(text).toMatch(new RegExp(`^ *(- )?${field}:`, 'm'));
    expect(text).toContain('    decision_making: "average"\n');
    expect(text).toContain('    macs: 90\n');
    expect(text).toContain('      accuracy: 100\n');
    expect(text).toContain('    - lastname: "Doe"\n      firstname: "Jo"\n');
    expect(text).toContain('        department: "No"\n');
    expect(text).toContain('  name: "A \\"small\\" system: one"\n');
  });

  it('keeps any text on a line of its own, whatever is in it', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer(), (text, number) => {
        const [first, second, end] = toYaml({ a: text, b: [number, text] }).split('\n');
        expect(JSON.parse((first ?? '').slice(3))).toBe(text);
        expect([second, end]).toEqual(['b:', `  - ${number}`]);
      }),
      { seed: 7, numRuns: 200 },
    );
    expect(toYaml({ no: null, x: [], z: {} })).toBe('"no": null\nx: []\nz: {}\n');
  });
});

describe('what a submission says of itself', () => {
  it.each([
    ['label', 'Doe_task1_1'],
    ['label', 'Doe_UNI_task1_5'],
    ['label', '../../Doe_UNI_task1_1'],
    ['abbreviation', 'much too long'],
    ['authors', []],
    ['authors', [{ ...ABOUT.authors[0], corresponding: false }]],
    ['authors', [{ lastname: 'Doe' }]],
    ['name', 7],
    ['externalDatasets', [{ name: 'x' }]],
    ['surprise', 1],
    ['description', { surprise: 1 }],
  ])('is refused where %s is %j', (key, value) => {
    expect(() => checkSubmissionAbout({ ...ABOUT, [key]: value })).toThrow(UsageError);
  });

  it('is read from a file that must be there and be JSON', async () => {
    const folder = temporaryFolder();
    const file = join(folder.path, 'about.json');
    await expect(readSubmissionAbout(file)).rejects.toThrow(DataError);
    await writeFile(file, '{');
    await expect(readSubmissionAbout(file)).rejects.toThrow(/is not JSON/);
    await writeFile(file, JSON.stringify(ABOUT));
    expect(await readSubmissionAbout(file)).toMatchObject({ label: 'Doe_UNI_task1_1', sourceCode: null });
    await rm(file);
    folder.remove();
  });
});
