import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DataError, UsageError, type ModelCard } from '@asc/core';
import { generateRehearsal } from '@asc/data';
import { evaluate } from '@asc/evaluate';
import { frontEnd } from '@asc/features';
import { createModel } from '@asc/models';
import { exportOnnx, setModelCard, writeOnnxFile } from '@asc/onnx';
import { toFloat16 } from '@asc/quantize';
import { parseRecipe, type Recipe } from '@asc/train';
import fc from 'fast-check';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { submit } from './actions/submit.js';
import { temporaryFolder } from './asc.test.helper.js';
import type { CommandContext } from './command/command-context.js';
import type { SubmitOptions } from './commands/submit.js';
import { loadModel, type LoadedModel } from './line/load-model.js';
import { runTraining } from './line/run-training.js';
import { trainPercentOf } from './line/submission-folder.js';
import { Terminal } from './terminal/terminal.js';
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
        weights: [{ storage: 'int8', parameters: 7 }],
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

describe('asc submit', () => {
  const { path: place, remove } = temporaryFolder();
  const at = (name: string): string => join(place, name);
  const label = ABOUT.label;
  const sink = { write: () => undefined };
  const context = {
    terminal: new Terminal({ stdout: sink, stderr: sink, json: false }),
    signal: new AbortController().signal,
  } as CommandContext;
  const hand = async (model: string, options: Partial<SubmitOptions> = {}) => {
    const { json } = await submit(
      model,
      { about: at('about.json'), out: at('out'), split: 'test', ...options },
      context,
    );
    return json as { output: string; recordings: number; report: { clips: number } };
  };
  const recipe = (trainPercent: number): Recipe =>
    parseRecipe({
      name: 'tiny',
      dataset: { kind: 'tau2022-mobile', root: at('set'), trainPercent },
      features: { preset: 'amfm-small', overrides: { bands: 16, sampleRateHz: 16_000, maxHz: 8000 } },
      clip: { seconds: 1 },
      model: { preset: 'shim2022', options: { width: 4 } },
      batchSize: 10,
      epochs: 1,
    });
  const filesOf = (out: string): string[] => readdirSync(join(at(out), 'task1', label)).sort();
  let run: LoadedModel;

  /** The network of the run as a file that says it learnt from so many percent. */
  const trainedOn = async (percent: number, model = run.model): Promise<string> => {
    const file = at(`${percent}.onnx`);
    const told = { ...model, metadata: {} };
    setModelCard(told, { ...run.card, recipe: recipe(percent) });
    await writeOnnxFile(file, told);
    return file;
  };

  beforeAll(async () => {
    await generateRehearsal({ set: 'tau2022-mobile', out: at('set'), clipSeconds: 1 });
    await runTraining(recipe(25), { out: at('run') });
    run = await loadModel(at('run'));
    writeFileSync(at('about.json'), JSON.stringify(ABOUT));
  });
  afterAll(remove);

  it('of 2024 fills one folder with an output for each share of the training clips, and one meta.yaml', async () => {
    const told = await hand(at('run'), { rule: 'dcase2024' });
    expect([told.recordings, told.report.clips]).toEqual([10, 10]);
    expect(filesOf('out')).toEqual([`${label}.meta.yaml`, `${label}.output.split_25.csv`]);
    const [head = '', ...rows] = readFileSync(told.output, 'utf8').trimEnd().split('\n');
    expect(head).toMatch(/^filename\tscene_label\tairport\tbus\t.*\ttram$/);
    expect(rows).toHaveLength(10);
    for (const row of rows) {
      const [file, , ...posteriors] = row.split('\t');
      expect(file).toMatch(/^\w+-lyon-\d+-\d+-0-s4\.wav$/);
      expect(posteriors.reduce((sum, text) => sum + Number(text), 0)).toBeCloseTo(1, 4);
    }
    const meta = join(at('out'), 'task1', label, `${label}.meta.yaml`);
    const text = readFileSync(meta, 'utf8');
    expect(text).toMatch(/^ {2}label: "Doe_UNI_task1_1"$/m);
    await hand(await trainedOn(5));
    expect(filesOf('out')).toEqual(
      ['meta.yaml', 'output.split_25.csv', 'output.split_5.csv'].map((n) => `${label}.${n}`),
    );
    expect(readFileSync(meta, 'utf8')).toBe(text);
  });

  it('refuses an output of another network, or where meta.yaml has another label', async () => {
    await expect(hand(await trainedOn(10, toFloat16(run.model)))).rejects.toThrow(
      /is of another network.*\n.*total_model_size/,
    );
    const meta = join(at('out'), 'task1', label, `${label}.meta.yaml`);
    const text = readFileSync(meta, 'utf8');
    writeFileSync(meta, text.replace(label, 'Doe_UNI_task1_2'));
    await expect(hand(await trainedOn(10))).rejects.toThrow(/is of another submission/);
    writeFileSync(meta, text);
    expect(filesOf('out')).toHaveLength(3);
  });

  it('of another edition has one output, and its own word for the share is checked', async () => {
    await hand(at('run'), { rule: 'dcase2025', out: at('other') });
    expect(filesOf('other')).toEqual([`${label}.meta.yaml`, `${label}.output.csv`]);
    expect(trainPercentOf(undefined, { trainPercent: '50' })).toBe(50);
    expect(() => trainPercentOf(undefined, { rule: 'dcase2024' })).toThrow(/--train-percent 5, 10/);
    expect(() => trainPercentOf(recipe(25), { trainPercent: '50' })).toThrow(/another share/);
    expect(() => trainPercentOf(undefined, { rule: 'dcase2022', trainPercent: '50' })).toThrow(/not told apart/);
  });

  it('refuses a network over the limits of the rule, and writes nothing', async () => {
    const ends = frontEnd(run.card.frontEnd);
    const { deployed } = createModel('amfm-small', {
      classes: run.card.labels.scenes.length,
      abstractClasses: 0,
      bands: ends.bands,
      frames: ends.frames(run.card.clipSamples),
      channels: ends.channels,
    });
    await writeOnnxFile(at('big.onnx'), exportOnnx(deployed, { card: run.card }));
    await expect(hand(at('big.onnx'), { rule: 'dcase2024', out: at('none') })).rejects.toThrow(
      /does not keep the limits of dcase2024[^]*bytes over/,
    );
    await expect(hand(at('run'), { rule: 'dcase2022', out: at('none') })).rejects.toThrow(/parameters are float32/);
    expect(existsSync(at('none'))).toBe(false);
  });

  it('judges an evaluation set whose labels are hidden, with results of the set it was trained on', async () => {
    mkdirSync(at('hidden/audio'), { recursive: true });
    mkdirSync(at('hidden/evaluation_setup'));
    const clips = readdirSync(at('set/audio')).slice(0, 3);
    clips.forEach((name, i) => copyFileSync(at(`set/audio/${name}`), at(`hidden/audio/${i}.wav`)));
    const list = ['filename', ...clips.map((_, i) => `audio/${i}.wav`), ''].join('\n');
    writeFileSync(at('hidden/evaluation_setup/fold1_test.csv'), list);
    const told = await hand(at('run'), { dataset: at('hidden'), out: at('secret') });
    expect([told.recordings, told.report.clips]).toEqual([3, 10]);
    const rows = readFileSync(told.output, 'utf8').trimEnd().split('\n').slice(1);
    expect(rows.map((row) => row.split('\t')[0])).toEqual(['0.wav', '1.wav', '2.wav']);
  });
});

describe('what a submission says of itself', () => {
  it.each([
    ['label', 'Doe_task1_1'],
    ['label', 'Doe_UNI_task1_5'],
    ['label', 'Doe_UNI_task1c_1'],
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

  it.each(['Doe_UNI_task1_4', 'Doe_UNI_task1a_1', 'Doe_UNI_task1b_2'])('may have the label %s', (name) => {
    expect(checkSubmissionAbout({ ...ABOUT, label: name }).label).toBe(name);
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
