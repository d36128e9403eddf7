/**
 * A row of a paper's table, from nothing to its figure: trains the recipes it starts from or learns from, asks those that teach,
 * trains its own, judges it as the paper does, over every fold the paper averages, and prints mean ± sd beside the published figure.
 *
 * Run: node scripts/paper-row.mjs ROW [--folds 1,2,3,4] [--smoke] [--data DIR]. ROW is a recipe of recipes/recipes.csv, e.g.
 * zhang2019/tut/student-of-jrm-and-cmam; `--data` is the folder datasets lie in; `--smoke` rehearses. Needs a build.
 *
 * Runs lie in runs/ below the working directory, where `asc train` puts them, those of other folds than the recipe's with its number at
 * the end. Finished runs are not made again and interrupted ones gone on with: stop and start it as you like.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { recipeFile, recipeJson, recipeRows, root } from './recipe-rows.mjs';

const USAGE = 'node scripts/paper-row.mjs ROW [--folds 1,2,3,4] [--smoke] [--data DIR]';
/** Folds the published figure is the mean of, where it is not the recipe's one. */
const FOLDS = { tut2017: [1, 2, 3, 4] };
/** Figures as the tables print them: what a report calls them, their scale and digits. */
const MEASURES = {
  'accuracy %': ['accuracy', 100, 2],
  'class-balanced accuracy %': ['balancedAccuracy', 100, 2],
  'log loss': ['logLoss', 1, 3],
};

/** The folds of a row's figure. */
export function foldsOf(name) {
  const { kind, fold = 1 } = recipeJson(name).dataset;
  return FOLDS[kind] ?? [fold];
}

function runOf(name, fold, smoke) {
  const suffix = fold === (recipeJson(name).dataset.fold ?? 1) ? '' : `-fold${fold}`;
  return `runs/${smoke ? 'smoke/' : ''}${name}${suffix}`;
}

const teachersFile = (run) => `${run}/teacher.safetensors`;

/**
 * The `asc` calls of a row on one fold, in order: of each the words, and what says that it was done before.
 */
export function callsOf(name, fold, { smoke = false } = {}) {
  const row = rowOf(name);
  const { distillation, init } = recipeJson(name);
  const teaches = distillation?.kind === 'teachers';
  const before = row.needs.flatMap((need) => {
    const run = runOf(need, fold, smoke);
    const teach = { words: ['teach', run, '-o', teachersFile(run)], isDone: () => existsSync(teachersFile(run)) };
    return [...callsOf(need, fold, { smoke }), ...(teaches ? [teach] : [])];
  });
  const runs = row.needs.map((need) => runOf(need, fold, smoke));
  const set = [
    `dataset.fold=${fold}`,
    ...(teaches ? [`distillation.teachers=${JSON.stringify(runs.map((run) => ({ file: teachersFile(run) })))}`] : []),
    ...(init === undefined ? [] : [`init.from=${runs[0]}`]),
  ];
  const out = runOf(name, fold, smoke);
  const words = ['train', recipeFile(name), ...set.flatMap((value) => ['--set', value])];
  const train = {
    words: [...words, ...(smoke ? ['--smoke'] : []), '--out', out, '--resume'],
    isDone: () => isFinished(out),
  };
  return [...before, train];
}

/** The call that judges a row on a fold: with the recipe's crops, test-time copies and averaging, and the paper's choice of epoch. */
export function judgementOf(name, fold, { smoke = false } = {}) {
  const { weights } = rowOf(name);
  return ['evaluate', runOf(name, fold, smoke), ...(weights === '' ? [] : ['--weights', weights]), '--json'];
}

function rowOf(name) {
  const row = recipeRows().find(({ recipe }) => recipe === name);
  if (row !== undefined) return row;
  throw new Error(`No row "${name}" in recipes/recipes.csv.\n${USAGE}`);
}

function isFinished(run) {
  const status = join(run, 'status.json');
  return existsSync(status) && JSON.parse(readFileSync(status, 'utf8')).state === 'done';
}

/** Runs `asc`, its output shown or, for `evaluate`, returned. A call that fails ends the script with its code. */
async function asc(words, env) {
  const isHeard = words.includes('--json');
  console.log(`$ asc ${words.map((word) => (/^[\w./=-]+$/.test(word) ? word : `'${word}'`)).join(' ')}`);
  const child = spawn(process.execPath, [join(root, 'packages/cli/bin/asc.mjs'), ...words], {
    env,
    stdio: ['inherit', isHeard ? 'pipe' : 'inherit', 'inherit'],
  });
  let said = '';
  child.stdout?.setEncoding('utf8').on('data', (text) => (said += text));
  const code = await new Promise((done, fail) => {
    child.on('error', fail);
    child.on('close', (status, signal) => done(status ?? 128 + constants.signals[signal]));
  });
  if (code === 0) return said;
  if (isHeard) process.stdout.write(said);
  process.exit(code);
}

/** Mean ± standard deviation, of one value the value. */
export function spread(values, digits) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  if (values.length === 1) return mean.toFixed(digits);
  const sd = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
  return `${mean.toFixed(digits)} ± ${sd.toFixed(digits)}`;
}

/** The figures of a row, as its table prints them. */
export function figuresOf({ measure }, reports) {
  const names = (measure === '' ? 'accuracy %' : measure).split(' / ');
  return names
    .map((name) => {
      const [key, scale, digits] = MEASURES[name];
      const values = reports.map((report) => scale * report[key]);
      return spread(values, digits);
    })
    .join(' / ');
}

async function main() {
  const { values, positionals } = parseArgs({
    options: { folds: { type: 'string' }, smoke: { type: 'boolean', default: false }, data: { type: 'string' } },
    allowPositionals: true,
  });
  const [name = ''] = positionals;
  const row = rowOf(name);
  const folds = values.folds?.split(',').map(Number) ?? foldsOf(name);
  if (positionals.length !== 1 || !folds.every((fold) => Number.isInteger(fold) && fold > 0)) throw new Error(USAGE);
  const env = { ...process.env, ...(values.data === undefined ? {} : { ASC_DATA_DIR: resolve(values.data) }) };
  const reports = [];
  for (const fold of folds) {
    for (const { words, isDone } of callsOf(name, fold, values)) if (!isDone()) await asc(words, env);
    const { report } = JSON.parse(await asc(judgementOf(name, fold, values), env));
    reports.push(report);
    console.log(`fold ${fold}: ${figuresOf(row, [report])} (${row.measure || 'accuracy %'})`);
  }
  const published = row.published === '' ? 'none published' : `published ${row.published}`;
  const over = folds.length === 1 ? `fold ${folds[0]}` : `mean ± sd of folds ${folds.join(', ')}`;
  const rehearsed = values.smoke ? '; a rehearsal is no result' : '';
  console.log(
    `${name}, ${row.measure || 'accuracy %'}: ${figuresOf(row, reports)} (${over}); ${published}${rehearsed}`,
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  // Ctrl-C reaches `asc` too, which leaves its run whole; this waits for it.
  process.on('SIGINT', () => undefined);
  await main().catch((error) => {
    console.error(error.message);
    process.exit(2);
  });
}
