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

const HEAD = `# Networks

Written by \`node scripts/networks-table.mjs\`; a test compares it with what the packages say.

- **published**: a figure of the publication; _exact_ where ours has it, _inferred_ where the publication leaves details open.
- **PyTorch**: output, loss, gradients and moved statistics equal an independent implementation's within 1e-4 of the largest
  value, on recorded weights and inputs (\`golden/models\`, made by \`golden/make\`).
- **ONNX**: the exported file answers what tfjs answers within 1e-4 of the largest value; tested at every run.
- **checker**: the exported file passes \`onnx.checker\` with shape inference; recorded by \`golden/make/check_networks.py\`.

| preset | paper | parameters | published | MACs of its input | TFLite bytes | PyTorch | ONNX | checker |
|---|---|---|---|---|---|---|---|---|
`;

/** The page, from the presets and the records. */
export function networksTable() {
  const record = join(root, 'golden/onnx/networks-checked.json');
  const { passed } = existsSync(record) ? JSON.parse(readFileSync(record, 'utf8')) : { passed: [] };
  const rows = listPresets().map(({ name, paper, published }) => {
    const { parameters, macs, accounts } = complexity(blueprint(name).deployed);
    const figures = published.map(({ what, value, match }) => `${number(value)} ${what} (_${match}_)`);
    const golden = existsSync(join(root, `golden/models/${name}.json`)) ? '1e-4' : '–';
    const checked = passed.includes(name) ? 'passes' : '–';
    const costs = [number(parameters), figures.join('; ') || '–', number(macs), number(accounts.tflite.bytes)];
    return `| ${[`\`${name}\``, paper, ...costs, golden, '1e-4', checked].join(' | ')} |\n`;
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
