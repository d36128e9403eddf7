/**
 * golden/onnx/networks-trained.json: two compiled training steps of every preset beside two eager ones, at published widths where
 * tfjs can bear it. By hand, after a build, some five minutes: `node scripts/train-networks.mjs [PRESET …]`; without names, all.
 */
import { createModel, listPresets } from '@asc/models';
import { compareTraining, useCpuBackend } from '@asc/testing';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { recordedSize } from '../packages/models/dist/network-sizes.test.helper.js';

const path = fileURLToPath(new URL('../golden/onnx/networks-trained.json', import.meta.url));
const require = createRequire(new URL('../packages/onnx/package.json', import.meta.url));
const version = (name) => [name, require(`${name}/package.json`).version];
const names = listPresets().map(({ name }) => name);
const asked = process.argv.slice(2);

await useCpuBackend();
for (const name of asked.length > 0 ? asked : names) {
  const { batch, config } = recordedSize(name);
  const differences = await compareTraining(() => createModel(name, config), batch);
  const rounded = Object.entries(differences).map(([what, value]) => [what, Number(value.toPrecision(2))]);
  const entry = { batch, ...config, ...Object.fromEntries(rounded) };
  console.log(name, JSON.stringify(entry));
  // Written after each, so that what was measured is kept whatever happens to the next.
  const known = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).presets : {};
  const presets = Object.fromEntries(
    names.flatMap((each) => (each === name ? [[each, entry]] : known[each] ? [[each, known[each]]] : [])),
  );
  const made = Object.fromEntries([version('onnxruntime-node'), version('@tensorflow/tfjs-core')]);
  writeFileSync(`${path}.${process.pid}`, `${JSON.stringify({ made_with: made, steps: 2, presets }, null, 2)}\n`);
  renameSync(`${path}.${process.pid}`, path);
}
