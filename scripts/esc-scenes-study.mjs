/**
 * What helps on `esc-scenes`: joint training, distillation, averaging and device augmentation, over its four folds and three
 * seeds. Run: node scripts/esc-scenes-study.mjs [--seeds 3] [--jobs 2]. Needs a build, the dataset and the impulse responses.
 *
 * `--jobs` runs go at once, each on one thread: two on two cores take less time than one after the other. Every run is kept in
 * runs/study and never made twice: stop and start it as you like. A line a finished run goes to docs/studies/esc-scenes.csv, the
 * table of means ± standard deviations to standard output.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
const csv = join(root, 'docs/studies/esc-scenes.csv');
const FOLDS = [1, 2, 3, 4];
const VARIANTS = ['initial', 'kd-swa', 'no-mtl', 'devices', 'longer'];
/** Those that go on from the initial run, and end with averaged weights beside their last. */
const CONTINUED = { 'kd-swa': 'kd', longer: 'longer' };

const { values: options } = parseArgs({
  options: { seeds: { type: 'string', default: '3' }, jobs: { type: 'string', default: '1' } },
});
const runOf = ({ variant, fold, seed }) => `runs/study/${variant}-fold${fold}-seed${seed}`;

function asc(...words) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, 'packages/cli/bin/asc.mjs'), ...words], { cwd: root });
    const said = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'])
      child[stream].setEncoding('utf8').on('data', (text) => (said[stream] += text));
    child.on('error', reject);
    child.on('close', (status) =>
      status === 0 ? resolve(said.stdout) : reject(new Error(`asc ${words.join(' ')}\n${said.stderr}`)),
    );
  });
}

async function train(run) {
  const { variant, fold, seed } = run;
  const out = runOf(run);
  if (existsSync(join(root, out, 'predictions.json'))) return;
  const from = variant in CONTINUED ? ['--set', `init.from=${runOf({ ...run, variant: 'initial' })}`] : [];
  const words = ['--set', `dataset.fold=${fold}`, '--set', `seed=${seed}`, ...from, '--out', out, '--resume', '--json'];
  await asc(
    'train',
    `recipes/esc-scenes/study-${variant}.json`,
    ...words,
    '--cache',
    'runs/study/cache',
    '--threads',
    '1',
  );
}

/** Scores of a run: of its last weights, and of the averaged ones where it has them. */
async function scores(run) {
  const { variant, fold, seed } = run;
  const continued = CONTINUED[variant];
  const weights =
    continued === undefined
      ? [[variant, 'last']]
      : [
          [continued, 'last'],
          [`${continued}-swa`, 'averaged'],
        ];
  const lines = [];
  for (const [name, which] of weights) {
    const { report } = JSON.parse(await asc('evaluate', runOf(run), '--weights', which, '--json'));
    const unseen = report.deviceGroups.find((group) => group.name === 'unseen');
    const { clips, accuracy, logLoss } = report;
    lines.push([name, fold, seed, clips, accuracy, logLoss, unseen?.accuracy ?? '', unseen?.clips ?? 0].join(','));
  }
  return lines;
}

const HEADING = 'variant,fold,seed,clips,accuracy,log_loss,unseen_accuracy,unseen_clips';
const known = existsSync(csv) ? readFileSync(csv, 'utf8').trimEnd().split('\n').slice(1) : [];
mkdirSync(dirname(csv), { recursive: true });

const isDone = ({ variant, fold, seed }) =>
  known.some((line) => line.startsWith(`${CONTINUED[variant] ?? variant},${fold},${seed},`));
const waiting = Array.from({ length: Number(options.seeds) }, (_, seed) =>
  VARIANTS.flatMap((variant) => FOLDS.map((fold) => ({ variant, fold, seed }))),
)
  .flat()
  // The control of distillation comes last.
  .sort((a, b) => Number(a.variant === 'longer') - Number(b.variant === 'longer'))
  .filter((run) => !isDone(run));

/** The next run whose initial run, where it goes on from one, is there. */
function take() {
  const at = waiting.findIndex(
    ({ variant, ...rest }) => !(variant in CONTINUED) || isDone({ ...rest, variant: 'initial' }),
  );
  return at < 0 ? undefined : waiting.splice(at, 1)[0];
}

await Promise.all(
  Array.from({ length: Number(options.jobs) }, async () => {
    for (let run = take(); run !== undefined; run = take()) {
      await train(run);
      const lines = await scores(run);
      known.push(...lines);
      writeFileSync(csv, `${[HEADING, ...known].join('\n')}\n`);
      for (const line of lines) console.log(line);
    }
  }),
);

/** Mean ± standard deviation of runs, in per cent or as they are. */
function spread(values, scale, digits) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const sd = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length - 1));
  return `${(scale * mean).toFixed(digits)} ± ${(scale * sd).toFixed(digits)}`;
}

const rows = known.map((line) => line.split(','));
const initial = new Map(
  rows.flatMap(([name, fold, seed, , ...own]) => (name === 'initial' ? [[`${fold},${seed}`, own]] : [])),
);
console.log('\n| variant | runs | accuracy % | beside initial, points | log loss | beside initial | devices s4–s6 % |');
console.log('|---|---|---|---|---|---|---|');
for (const variant of new Set(rows.map(([name]) => name))) {
  const own = rows.filter(([name]) => name === variant);
  const column = (at) => own.filter((row) => row[at] !== '').map((row) => Number(row[at]));
  /** Run by run, against the one of the same fold and seed. */
  const beside = (at) =>
    own.flatMap((row) => {
      const start = initial.get(`${row[1]},${row[2]}`);
      return start === undefined ? [] : [Number(row[at]) - Number(start[at - 4])];
    });
  const [accuracy, gain] = [column(4), beside(4)].map((values) => spread(values, 100, 1));
  const [loss, change] = [column(5), beside(5)].map((values) => spread(values, 1, 3));
  const cells = [accuracy, gain, loss, change, spread(column(6), 100, 1)];
  console.log(`| ${[variant, own.length, ...cells].join(' | ')} |`);
}
