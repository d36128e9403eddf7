/**
 * docs/papers.md: every row of the papers' tables, its recipe, its rehearsal, and what the full run costs; and the columns `command`
 * and `status` of recipes/recipes.csv. Run without arguments to write both; with `--rehearse [FOLDER …]` to rehearse the recipes first
 * and record how that went. Needs a build.
 */
import '@tensorflow/tfjs-backend-cpu';
import { blueprint, complexity } from '@asc/models';
import { parseRecipe } from '@asc/train';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { foldsOf } from './paper-row.mjs';
import { list, recipeFile, recipeJson, recipeRows, recipesCsv, root } from './recipe-rows.mjs';

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
- **full run**: one command, after \`asc dataset download SET\`. It trains and asks the teachers of a row, trains the run it starts from,
  then the recipe itself, and judges it as the paper does, for every fold the figure is a mean of (TUT 2017: four); it prints mean ±
  sd beside the published figure. Stopped, it goes on where it was. \`--folds 1,2\` takes some of the folds, \`--data DIR\` is the folder of the
  datasets, \`--smoke\` rehearses. What it runs are \`asc train\`, \`asc teach\` and \`asc evaluate\`, each printed before it starts.
- **judged**: with the recipe's crops (three in Shim and Heo) and test-time copies (Xin: 30); Shim's rows by the epoch with the best
  accuracy on the held-out clips, as the authors' code chooses it, which flatters; all others by the last epoch, or the average of
  epochs where the recipe takes one.
- **2 cores**: estimated hours of training the row's own recipe on all its folds, six operations a multiply–accumulate, clip and epoch,
  at the rate measured for its kind of network by \`npm run bench -- train --network all\` (60 GFLOP/s, of depthwise networks 9).
  Features and validation come on top.
  **GPU**: the same work at 5 TFLOP/s, a supposition, not a measurement.
- **reading**: what the publication leaves open and how it is filled; see also the header of the network's file.

## What the recipes need beside their set

**VGGish** (rows of JRM, CMAM and VFM that are not from scratch): its released weights as \`weights/vggish.npz\`, below the working
directory. From the TensorFlow checkpoint \`vggish_model.ckpt\` (MD5 d1c7011e6366aa34176bb05c705e31a8), with TensorFlow 2 installed:

\`\`\`python
import numpy as np, tensorflow as tf

reader = tf.train.load_checkpoint("vggish_model.ckpt")
names = [n for n in reader.get_variable_to_shape_map() if n.startswith("vggish/") and n.endswith(("weights", "biases"))]
np.savez("weights/vggish.npz", **{name: reader.get_tensor(name) for name in names})
\`\`\`

Or from the state dict of its PyTorch port (harritaylor/torchvggish, \`features.0.weight\` … \`embeddings.4.bias\`), and then with
\`"embeddings": { "weights": "weights/vggish.safetensors" }\` in the recipe:

\`\`\`python
import torch
from safetensors.torch import save_file

state = torch.load("vggish.pth", map_location="cpu")
save_file({k: v.contiguous() for k, v in state.items() if not k.startswith("pproc.")}, "weights/vggish.safetensors")
\`\`\`

**DCASE 2024**: the lists \`split5.csv\`, \`split10.csv\`, \`split25.csv\`, \`split50.csv\`, \`split100.csv\` and \`test.csv\` are files of the
releases of <https://github.com/CPJKU/dcase2024_task1_baseline>; they go to \`split_setup/\` in the folder of TAU 2022 Mobile, beside
its \`meta.csv\`.

**Heo et al.**: their recipes code clips as MP3 and AAC by the \`ffmpeg\` of the machine, with libmp3lame. Without one,
\`--set augment.codec.kind=simulated-mp3\` with \`asc train\` is another recipe; \`asc dataset corrupt\` does the coding ahead.

`;

/** Pages of results: a recipe they name was trained on its whole set. */
const RESULTS = ['docs/results.md', 'docs/quantization.md'];

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

function hours(work, rate) {
  const value = work / rate / 3600;
  return value < 9.95 ? value.toFixed(1) : Math.round(value).toLocaleString('en-US');
}

/** The list with its columns `command` and `status` as they follow from the rest: see the head of the page. */
export function completedRows() {
  const results = RESULTS.map((file) => readFileSync(join(root, file), 'utf8')).join('\n');
  const { recipes } = readRecord();
  return recipeRows().map((row) => {
    const measured = results.includes(`recipes/${row.recipe}.json`);
    const status = measured ? 'measured' : row.recipe in recipes ? 'rehearsed' : 'not yet run';
    return { ...row, command: `node scripts/paper-row.mjs ${row.recipe}`, status };
  });
}

function readRecord() {
  return existsSync(record) ? JSON.parse(readFileSync(record, 'utf8')) : { recipes: {} };
}

/** The page, from the list, the recipes and the record. */
export function papersTable() {
  const rehearsed = readRecord();
  const rows = completedRows().filter(({ paper }) => paper !== '');
  const sections = [...new Set(rows.map(({ paper }) => paper))].map((paper) => {
    const lines = rows
      .filter((row) => row.paper === paper)
      .map((row) => {
        const recipe = parseRecipe(recipeJson(row.recipe));
        const run = rehearsed.recipes[row.recipe];
        const work = foldsOf(row.recipe).length * operations(recipe);
        const rate = DEPTHWISE.test(recipe.model.preset) ? CPU.depthwise : CPU.convolutions;
        const cells = [
          row.table,
          row.row,
          row.published === '' ? '–' : `${row.published} (${row.measure})`,
          run === undefined ? 'not yet' : `runs, loss ${run.loss.toFixed(2)}`,
          `\`${row.command}\``,
          `${hours(work, rate)} h`,
          `${hours(work, GPU)} h`,
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
  const taught = new Set(
    rows.flatMap(({ recipe, needs }) => (recipeJson(recipe).distillation?.kind === 'teachers' ? needs : [])),
  );
  const known = readRecord();
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
    const ordered = [
      ...rows.filter(({ needs }) => needs.length === 0),
      ...rows.filter(({ needs }) => needs.length > 0),
    ];
    for (const { recipe } of ordered) {
      const begun = performance.now();
      const run = `runs/smoke/${recipe}`;
      const { lastEpoch } = JSON.parse(asc('train', recipeFile(recipe), '--smoke', '--out', run, '--json'));
      known.recipes[recipe] = { loss: Number(lastEpoch.loss.toPrecision(6)) };
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
  writeFileSync(list, recipesCsv(completedRows()));
  writeFileSync(page, papersTable());
}
