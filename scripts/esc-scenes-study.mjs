/**
 * What helps on `esc-scenes`: joint training, distillation, averaging and device augmentation, over its four folds and three
 * seeds. Run: node scripts/esc-scenes-study.mjs [--seeds 3]. Needs a build, the dataset and the impulse responses.
 *
 * Every run is kept in runs/study and never made twice: stop and start it as you like. A line a finished run goes to
 * docs/studies/esc-scenes.csv, the table of means to standard output.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const csv = join(root, 'docs/studies/esc-scenes.csv');
const FOLDS = [1, 2, 3, 4];
const VARIANTS = ['initial', 'no-mtl', 'kd-swa', 'longer', 'devices'];
/** Those that go on from the initial run, and end with averaged weights beside their last. */
const CONTINUED = { 'kd-swa': 'kd', longer: 'longer' };

const seeds = Number(process.argv[process.argv.indexOf('--seeds') + 1] || 3);
const runOf = (variant, fold, seed) => `runs/study/${variant}-fold${fold}-seed${seed}`;

function asc(...words) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'packages/cli/bin/asc.mjs'), ...words], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(`asc ${words.join(' ')}\n${stderr}`);
  return stdout;
}

function train(variant, fold, seed) {
  const out = runOf(variant, fold, seed);
  if (existsSync(join(root, out, 'predictions.json'))) return;
  const from = variant in CONTINUED ? ['--set', `init.from=${runOf('initial', fold, seed)}`] : [];
  const words = ['--set', `dataset.fold=${fold}`, '--set', `seed=${seed}`, ...from, '--out', out, '--resume', '--json'];
  asc('train', `recipes/esc-scenes/study-${variant}.json`, ...words);
}

/** Scores of a run: of its last weights, and of the averaged ones where it has them. */
function scores(variant, fold, seed) {
  const out = runOf(variant, fold, seed);
  const continued = CONTINUED[variant];
  const weights =
    continued === undefined
      ? [[variant, 'last']]
      : [
          [continued, 'last'],
          [`${continued}-swa`, 'averaged'],
        ];
  return weights.map(([name, which]) => {
    const { report } = JSON.parse(asc('evaluate', out, '--weights', which, '--json'));
    const unseen = report.deviceGroups.find((group) => group.name === 'unseen');
    const { clips, accuracy, logLoss } = report;
    return [name, fold, seed, clips, accuracy, logLoss, unseen?.accuracy ?? '', unseen?.clips ?? 0].join(',');
  });
}

const HEADING = 'variant,fold,seed,clips,accuracy,log_loss,unseen_accuracy,unseen_clips';
const known = existsSync(csv) ? readFileSync(csv, 'utf8').trimEnd().split('\n').slice(1) : [];
mkdirSync(dirname(csv), { recursive: true });
for (let seed = 0; seed < seeds; seed++) {
  for (const variant of VARIANTS) {
    for (const fold of FOLDS) {
      const name = CONTINUED[variant] ?? variant;
      if (known.some((line) => line.startsWith(`${name},${fold},${seed},`))) continue;
      train(variant, fold, seed);
      known.push(...scores(variant, fold, seed));
      writeFileSync(csv, `${[HEADING, ...known].join('\n')}\n`);
      console.log(known.at(-1));
    }
  }
}

/** Mean ± standard deviation of runs, in per cent or as they are. */
function spread(values, scale, digits) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const sd = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length - 1));
  return `${(scale * mean).toFixed(digits)} ± ${(scale * sd).toFixed(digits)}`;
}

const rows = known.map((line) => line.split(','));
console.log('\n| variant | runs | accuracy % | log loss | devices s4–s6 % |\n|---|---|---|---|---|');
for (const variant of new Set(rows.map(([name]) => name))) {
  const own = rows.filter(([name]) => name === variant);
  const column = (at) => own.filter((row) => row[at] !== '').map((row) => Number(row[at]));
  const cells = [spread(column(4), 100, 1), spread(column(5), 1, 3), spread(column(6), 100, 1)];
  console.log(`| ${[variant, own.length, ...cells].join(' | ')} |`);
}
