/**
 * docs/papers.md: every row of the papers' tables, its recipe, its rehearsal, and what the full run costs. Run without
 * arguments to write it; with `--rehearse [FOLDER …]` to rehearse the recipes first and record how that went. Needs a build.
 */
import '@tensorflow/tfjs-backend-cpu';
import { blueprint, complexity } from '@asc/models';
import { parseRecipe } from '@asc/train';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const page = join(root, 'docs/papers.md');
const record = join(root, 'golden/recipes/rehearsed.json');

/** Training clips of an epoch. */
const CLIPS = { tut2017: 3510, tau2019: 9185, 'tau2020-mobile': 13_965, 'tau2022-mobile': 139_620 };
const ALL_CLIPS = { 'tau2020-mobile': 23_040 };
/** Floating-point operations a second of training: measured on two cores (see the page), supposed for a GPU. */
const CPU = { convolutions: 60e9, depthwise: 9e9 };
const GPU = 5e12;

const HEAD = `# The papers' tables

Written by \`node scripts/papers-table.mjs\` from \`recipes/recipes.csv\`, the recipes, and the record of their rehearsals
(\`node scripts/papers-table.mjs --rehearse\`); a test holds it against them.

**None of these has been trained on its full dataset here**: the sets are 11 to 36 GB and are not part of this repository. What is
held against the publications is every network (counts and values, [networks.md](networks.md)), front end, loss, optimiser and
schedule, and that every recipe runs from end to end. The figures in the column _published_ are the publications'.

- **rehearsal**: the recipe walked through by \`asc train RECIPE --smoke\`: every part of it on forty or sixty synthetic clips in the
  layout of its set, two epochs, batches of 4, clips of 1 s, networks narrowed where the recipe's \`smoke\` section says so.
  The loss of its second epoch is printed; it is no result, an untrained network's is about ln 10 = 2.3 for ten scenes.
- **full run**: after \`asc dataset download SET\`. TUT 2017 rows are the mean of four folds: repeat with \`--set dataset.fold=2\`, 3, 4
  and an \`--out\` of their own. Rows of VGGish need its released weights as \`weights/vggish.npz\`.
- **2 cores**: estimated hours of training, six operations a multiply–accumulate, clip and epoch, at the rate measured for its kind of
  network by \`npm run bench -- train --network all\` (60 GFLOP/s, of depthwise networks 9). Features and validation come on top.
  **GPU**: the same work at 5 TFLOP/s, a supposition, not a measurement.
- **reading**: what the publication leaves open and how it is filled; see also the header of the network's file.

`;

function parseCsv(text) {
  const [columns, ...rows] = text
    .trimEnd()
    .split('\n')
    .map((line) =>
      [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
        ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain,
      ),
    );
  return rows.map((cells) => Object.fromEntries(columns.map((column, at) => [column, cells[at] ?? ''])));
}

/** The lines of recipes/recipes.csv. */
export function recipeRows() {
  return parseCsv(readFileSync(join(root, 'recipes/recipes.csv'), 'utf8'));
}

function readRecipe(name) {
  return parseRecipe(JSON.parse(readFileSync(join(root, 'recipes', `${name}.json`), 'utf8')));
}

/** Floating-point operations of the whole training. */
function operations({ dataset, model, epochs, distillation }) {
  const { macs } = complexity(blueprint(model.preset).training);
  const all = dataset.trainOn === 'all' ? ALL_CLIPS[dataset.kind] : CLIPS[dataset.kind];
  const share = (dataset.trainPercent ?? 100) / 100;
  const copies =
    distillation?.kind === 'teachers' && distillation.strategy === 'augmented' ? distillation.teachers.length : 1;
  // A teacher hears every segment once, forward alone.
  const passes = distillation?.kind === 'segments' ? 6 + 2 * distillation.segments : 6;
  return passes * macs * all * share * copies * epochs;
}

const DEPTHWISE = /^(xin2022|sp4asc|dcase2024|cp-mobile|tf-sepnet|bc-resnet)/;

function hours(recipe, rate) {
  const value = operations(recipe) / rate / 3600;
  return value < 9.95 ? value.toFixed(1) : Math.round(value).toLocaleString('en-US');
}

function command({ recipe, needs }) {
  const own = `asc train recipes/${recipe}.json`;
  const before = needs
    .split(' ')
    .filter(Boolean)
    .flatMap((name) => [
      `asc train recipes/${name}.json`,
      ...(recipe.includes('student-of') ? [`asc teach runs/${name} -o runs/${name}/teacher.safetensors`] : []),
    ]);
  return [...before, own].map((line) => `\`${line}\``).join('<br>');
}

/** The page, from the list, the recipes and the record. */
export function papersTable() {
  const rehearsed = existsSync(record) ? JSON.parse(readFileSync(record, 'utf8')) : { recipes: {} };
  const rows = recipeRows();
  const sections = [...new Set(rows.map(({ paper }) => paper))].map((paper) => {
    const lines = rows
      .filter((row) => row.paper === paper)
      .map((row) => {
        const recipe = readRecipe(row.recipe);
        const run = rehearsed.recipes[row.recipe];
        const rate = DEPTHWISE.test(recipe.model.preset) ? CPU.depthwise : CPU.convolutions;
        const cells = [
          row.table,
          row.row,
          row.published === '' ? '–' : `${row.published} (${row.measure})`,
          run === undefined ? 'not yet' : `runs, loss ${run.loss.toFixed(2)}`,
          command(row),
          `${hours(recipe, rate)} h`,
          `${hours(recipe, GPU)} h`,
          row.reading,
        ];
        return `| ${cells.join(' | ')} |`;
      });
    return [
      `## ${paper}\n`,
      '| table | row | published | rehearsal | full run | 2 cores | GPU | reading |',
      '|---|---|---|---|---|---|---|---|',
      ...lines,
    ].join('\n');
  });
  return `${HEAD}${sections.join('\n\n')}\n`;
}

/** Rehearses recipes with the command and records the loss of the last epoch. */
function rehearse(folders) {
  const rows = recipeRows().filter(
    ({ recipe }) => folders.length === 0 || folders.some((folder) => recipe.startsWith(folder)),
  );
  const taught = new Set(rows.flatMap(({ recipe, needs }) => (recipe.includes('student-of') ? needs.split(' ') : [])));
  const known = existsSync(record) ? JSON.parse(readFileSync(record, 'utf8')) : { recipes: {} };
  const cwd = mkdtempSync(join(tmpdir(), 'rehearsals-'));
  const asc = (...words) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'packages/cli/bin/asc.mjs'), ...words], {
      cwd,
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`asc ${words.join(' ')}\n${stderr}`);
    return stdout;
  };
  try {
    const ordered = [...rows.filter(({ needs }) => needs === ''), ...rows.filter(({ needs }) => needs !== '')];
    for (const { recipe } of ordered) {
      const begun = performance.now();
      const { lastEpoch } = JSON.parse(asc('train', join(root, 'recipes', `${recipe}.json`), '--smoke', '--json'));
      known.recipes[recipe] = { loss: Number(lastEpoch.loss.toPrecision(6)) };
      const run = `runs/smoke/${recipe}`;
      if (taught.has(recipe)) asc('teach', run, '-o', `${run}/teacher.safetensors`);
      console.log(`${recipe}: ${((performance.now() - begun) / 1000).toFixed(1)} s, loss ${lastEpoch.loss.toFixed(3)}`);
    }
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
  const recipes = Object.fromEntries(Object.entries(known.recipes).sort(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(record, `${JSON.stringify({ made_with: `Node ${process.version}`, recipes }, null, 2)}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [mode, ...folders] = process.argv.slice(2);
  if (mode === '--rehearse') rehearse(folders);
  writeFileSync(page, papersTable());
}
