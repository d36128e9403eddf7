/**
 * docs/networks.md: every preset, what it costs, and what it was held against. Run without arguments to write it; with
 * `--onnx DIR` to write every network there as a small ONNX file, for golden/make/check_networks.py. Needs a build.
 */
import '@tensorflow/tfjs-backend-cpu';
import { blueprint, complexity, listPresets } from '@asc/models';
import { exportOnnx, writeOnnxFile } from '@asc/onnx';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const path = join(root, 'docs/networks.md');
const number = (value) => value.toLocaleString('en-US');

/**
 * Two engines compute in float32 and add in different orders; gradients are sums of both signs and lose a digit more. The largest
 * is of xin2022's first convolution: of one channel and before a norm, which cancels its gradient but for ε and rounding.
 */
export const TRAINED = { values: 1e-4, momenta: 2e-3 };

const HEAD = `# Networks

Written by \`node scripts/networks-table.mjs\`; a test compares it with what the packages say.

- **published**: a figure of the publication; _exact_ where ours has it, _inferred_ where the publication leaves details open.
- **PyTorch**: output, loss, gradients and moved statistics equal an independent implementation's within 1e-4 of the largest
  value, on recorded weights and inputs (\`golden/models\`, made by \`golden/make\`).
- **two steps**: two training steps compiled into one ONNX graph beside the same two in tfjs, from equal weights, batches and draws:
  the largest difference of losses, weights and running statistics, relative to the largest value of each array, and, after the
  slash, of the momenta, which sum up the gradients. At most ${TRAINED.values} and ${TRAINED.momenta}. Maps are smaller than published, and so
  are the widths of some: the sizes stand in \`golden/onnx/networks-trained.json\`, written by \`node scripts/train-networks.mjs\`.
  Every run of the tests repeats it on narrow builds of each kind.
- **ONNX**: the exported file answers what tfjs answers within 1e-4 of the largest value; tested at every run.
- **checker**: the exported file passes \`onnx.checker\` with shape inference; recorded by \`golden/make/check_networks.py\`.

| preset | paper | parameters | published | MACs of its input | TFLite bytes | PyTorch | two steps | ONNX | checker |
|---|---|---|---|---|---|---|---|---|---|
`;

/** A record under golden/onnx. */
export const readRecord = (name) => JSON.parse(readFileSync(join(root, `golden/onnx/${name}.json`), 'utf8'));

/** The largest of what is held against the first bound of TRAINED. */
export const worstValue = ({ losses, weights, statistics }) => Math.max(losses, weights, statistics);

/** The page, from the presets and the records. */
export function networksTable() {
  const { passed } = readRecord('networks-checked');
  const { presets: trained } = readRecord('networks-trained');
  const rows = listPresets().map(({ name, paper, published }) => {
    const { parameters, macs, accounts } = complexity(blueprint(name).deployed);
    const figures = published.map(({ what, value, match }) => `${number(value)} ${what} (_${match}_)`);
    const golden = existsSync(join(root, `golden/models/${name}.json`)) ? '1e-4' : '–';
    const steps = trained[name] && [worstValue(trained[name]), trained[name].momenta].map((x) => x.toExponential(0));
    const checked = passed.includes(name) ? 'passes' : '–';
    const costs = [number(parameters), figures.join('; ') || '–', number(macs), number(accounts.tflite.bytes)];
    return `| ${[`\`${name}\``, paper, ...costs, golden, steps?.join(' / ') ?? '–', '1e-4', checked].join(' | ')} |\n`;
  });
  return HEAD + rows.join('');
}

async function exportAll(folder) {
  const { smallNetwork } = await import('../packages/cli/dist/networks.test.helper.js');
  mkdirSync(folder, { recursive: true });
  for (const preset of listPresets()) {
    await writeOnnxFile(join(folder, `${preset.name}.onnx`), exportOnnx(smallNetwork(preset).deployed));
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv[2] === '--onnx') await exportAll(process.argv[3]);
  else writeFileSync(path, networksTable());
}
