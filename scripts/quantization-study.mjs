/**
 * What 16 and 8 bits cost three networks on `esc-scenes`, fold 1: accuracy, log loss, bytes, and the time of one window in Node
 * and in Chromium. Run: node scripts/quantization-study.mjs [--networks amfm-small,…] [--retime]. Needs a build and the dataset;
 * without Chromium its column stays empty.
 *
 * Runs and files are kept in runs/esc-scenes and never made twice: stop and start it as you like. A line a form goes to
 * docs/studies/quantization.csv, the table to standard output. All forms of a network are timed by turns, in one go, when a
 * new one came or with `--retime`: leave the machine alone meanwhile.
 */
import { timeInPage } from '@asc/example-browser/dist/tools/time-in-page.js';
import { OnnxRunner } from '@asc/onnx';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
const csv = join(root, 'docs/studies/quantization.csv');
const runs = 'runs/esc-scenes';
const RECIPES = ['amfm-small', 'resnetse-mfm', 'xin2022'];
/** What training on 8 bits has to be held against: it too goes on from the first run. */
const LONGER = 'float32 longer';
const TIMING = { rounds: 11, runs: 10 };

const { values: options } = parseArgs({
  options: {
    networks: { type: 'string', default: RECIPES.join() },
    retime: { type: 'boolean', default: false },
  },
});

const log = (line) => process.stderr.write(`${line}\n`);

/** What the command prints as JSON. */
function asc(...words) {
  log(`asc ${words.join(' ')}`);
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, 'packages/cli/bin/asc.mjs'), ...words, '--json'], { cwd: root });
    const said = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'])
      child[stream].setEncoding('utf8').on('data', (text) => (said[stream] += text));
    child.on('error', reject);
    child.on('close', (status) =>
      status === 0 ? resolve(JSON.parse(said.stdout)) : reject(new Error(`asc ${words.join(' ')}\n${said.stderr}`)),
    );
  });
}

/** Trains a recipe into its folder, unless it is there whole. */
async function train(name, recipe = `recipes/esc-scenes/${name}.json`) {
  const run = `${runs}/${name}`;
  if (existsSync(join(root, run, 'predictions.json'))) return run;
  await asc('train', recipe, '--out', run, '--resume', '--cache', `${runs}/cache`);
  return run;
}

/** The recipe of quantization-aware training without the quantization, with the first run's task: as many epochs more, in float32. */
function longerRecipe(network) {
  const read = (name) => JSON.parse(readFileSync(join(root, `recipes/esc-scenes/${name}.json`), 'utf8'));
  const { quantization: _, ...recipe } = read(`${network}-qat`);
  const path = `${runs}/${network}-longer.json`;
  const longer = { ...recipe, name: `esc-scenes/${network}-longer`, task: read(network).task };
  writeFileSync(join(root, path), JSON.stringify(longer));
  return path;
}

/** Makes a file (whole or not at all, as every file of `asc`), unless it is there. */
async function write(file, make) {
  if (!existsSync(join(root, file))) await make(file);
  return file;
}

const exported = (run, file, ...words) =>
  write(file, (out) => asc('export', run, '-o', out, '--input', 'features', ...words));
const fileOf = (network, form) => `${runs}/${network}.${form.replaceAll(' ', '-')}.onnx`;

/** How each form of a network comes to be: the file, or undefined where it cannot. */
const FORMS = {
  float32: async (network, file) => exported(await train(network), file),
  [LONGER]: async (network, file) => {
    if (!existsSync(join(root, `recipes/esc-scenes/${network}-qat.json`))) return undefined;
    await train(network);
    return exported(await train(`${network}-longer`, longerRecipe(network)), file);
  },
  float16: async (network, file) => exported(await train(network), file, '--fp16'),
  'int8 PTQ': async (network, file) =>
    write(file, async (out) => {
      const words = ['--calibrate', `${runs}/${network}`, '-o', out];
      const said = await asc('quantize', await FORMS.float32(network, fileOf(network, 'float32')), ...words);
      writeFileSync(join(root, `${runs}/${network}.int8-PTQ.json`), JSON.stringify(said, null, 2));
    }),
  'int8 QAT': async (network, file) => {
    const recipe = `recipes/esc-scenes/${network}-qat.json`;
    if (existsSync(join(root, recipe))) {
      await train(network);
      return exported(await train(`${network}-qat`), file);
    }
    log(`${recipe} is not there: no quantization-aware training of ${network}`);
    return undefined;
  },
};

const HEADING =
  'network,form,clips,accuracy,log_loss,file_bytes,parameter_bytes,node_1_thread_ms,node_2_threads_ms,chromium_ms';
const COLUMNS = HEADING.split(',');
const rows = (existsSync(csv) ? readFileSync(csv, 'utf8').trimEnd().split('\n').slice(1) : []).map((line) =>
  Object.fromEntries(line.split(',').map((value, i) => [COLUMNS[i], value])),
);
function keep() {
  const place = ({ network, form }) => RECIPES.indexOf(network) * 100 + Object.keys(FORMS).indexOf(form);
  rows.sort((a, b) => place(a) - place(b));
  mkdirSync(dirname(csv), { recursive: true });
  writeFileSync(csv, `${[HEADING, ...rows.map((row) => COLUMNS.map((name) => row[name]).join())].join('\n')}\n`);
}

async function score(network, form) {
  if (rows.some((row) => row.network === network && row.form === form)) return;
  const file = await FORMS[form](network, fileOf(network, form));
  if (file === undefined) return;
  const { report } = await asc('evaluate', file);
  const { bytes, fileBytes } = await asc('complexity', file);
  rows.push({
    network,
    form,
    clips: report.clips,
    accuracy: report.accuracy,
    log_loss: report.logLoss,
    file_bytes: Object.values(fileBytes).reduce((sum, size) => sum + size, 0),
    parameter_bytes: bytes,
    node_1_thread_ms: '',
    node_2_threads_ms: '',
    chromium_ms: '',
  });
  keep();
}

/** Median milliseconds of a run of each file, by turns. */
async function timeInNode(files, threads) {
  const models = [];
  for (const file of files) {
    const runner = await OnnxRunner.create(file, { threads });
    const feeds = runner.inputs.map(({ name, shape }) => {
      const sizes = shape.map((size) => (typeof size === 'number' ? size : 1));
      const data = new Float32Array(sizes.reduce((product, size) => product * size, 1));
      return [name, { dtype: 'float32', shape: sizes, data }];
    });
    models.push({ runner, feeds: Object.fromEntries(feeds), times: [] });
  }
  for (let round = 0; round <= TIMING.rounds; round++) {
    for (const { runner, feeds, times } of models) {
      const begin = performance.now();
      for (let run = 0; run < TIMING.runs; run++) await runner.run(feeds);
      // The first round warms up.
      if (round > 0) times.push((performance.now() - begin) / TIMING.runs);
    }
  }
  for (const { runner } of models) await runner.release();
  return models.map(({ times }) => times.sort((a, b) => a - b)[times.length >> 1]);
}

async function time(network) {
  // The network trained longer is the same network.
  const own = rows.filter((row) => row.network === network && row.form !== LONGER);
  if (own.every((row) => row.node_1_thread_ms !== '') && !options.retime) return;
  const files = [];
  for (const { form } of own) files.push(join(root, await FORMS[form](network, fileOf(network, form))));
  log(`${network}: timing ${own.map(({ form }) => form).join(', ')}`);
  const columns = {
    node_1_thread_ms: await timeInNode(files, 1),
    node_2_threads_ms: await timeInNode(files, 2),
    chromium_ms: await timeInPage(files, TIMING).then(
      ({ milliseconds }) => milliseconds,
      (error) => log(error.message),
    ),
  };
  for (const [name, values] of Object.entries(columns))
    own.forEach((row, i) => (row[name] = values?.[i]?.toFixed(2) ?? ''));
  keep();
}

mkdirSync(join(root, runs), { recursive: true });
for (const network of options.networks.split(',')) {
  if (!RECIPES.includes(network)) throw new Error(`no network ${network}: one of ${RECIPES.join(', ')}`);
  for (const form of Object.keys(FORMS)) await score(network, form);
  await time(network);
}

console.log(
  '| network | weights and activations | accuracy % | log loss | file, bytes | parameters, bytes | Node, 1 thread, ms | Node, 2 threads, ms | Chromium, ms |',
);
console.log('|---|---|---|---|---|---|---|---|---|');
for (const row of rows) {
  const { network, form, accuracy, log_loss: loss, file_bytes: file, parameter_bytes: parameters } = row;
  const counts = [file, parameters].map((count) => Number(count).toLocaleString('en'));
  const times = [row.node_1_thread_ms, row.node_2_threads_ms, row.chromium_ms];
  const scores = [(100 * Number(accuracy)).toFixed(1), Number(loss).toFixed(3)];
  console.log(`| ${[network, form, ...scores, ...counts, ...times].join(' | ')} |`);
}
for (const network of RECIPES) {
  const report = join(root, `${runs}/${network}.int8-PTQ.json`);
  if (!existsSync(report)) continue;
  const { errors } = JSON.parse(readFileSync(report, 'utf8'));
  // Without a number: exact.
  const worst = errors
    .filter(({ sqnrDb }) => sqnrDb !== null)
    .toSorted((a, b) => a.sqnrDb - b.sqnrDb)
    .slice(0, 5);
  const named = worst.map(({ name, op, sqnrDb }) => `${name} (${op}) ${sqnrDb.toFixed(1)} dB`);
  console.log(`\n${network}, least signal to noise of PTQ: ${named.join(', ')}`);
}
