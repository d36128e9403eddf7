/** Build a network from layers, count what it costs, and see which official limits it meets. */
import {
  attentiveMaxFeatureMap,
  BatchNorm,
  Conv2D,
  Dense,
  GlobalAveragePool,
  MaxFeatureMap,
  MaxPool2D,
} from '@asc/layers';
import { complexity, createModel } from '@asc/models';
import '@tensorflow/tfjs-backend-cpu';
import { input, model } from '@tensorflow/tfjs-layers';

// One second of 64 bands: (F, T, C) = (64, 51, 1) → ten logits.
const features = input({ shape: [64, 51, 1], name: 'features' });
let x = new Conv2D({ name: 'stem', filters: 32, kernelSize: [5, 3], padding: [1, 1, 2, 2], seed: 1 }).apply(features);
x = new MaxFeatureMap({ name: 'stem_mfm' }).apply(x); // 32 channels to 16
x = new MaxPool2D({ name: 'stem_pool', poolSize: 2, ceilMode: true }).apply(x);
for (const [i, filters] of [32, 48, 64].entries()) {
  const name = `block${i + 1}`;
  x = new Conv2D({ name: `${name}_conv`, filters, kernelSize: 3, padding: [1, 1, 1, 1], seed: 1 }).apply(x);
  x = new BatchNorm({ name: `${name}_norm` }).apply(x);
  x = new MaxFeatureMap({ name: `${name}_mfm` }).apply(x);
  x = attentiveMaxFeatureMap(x, { name: `${name}_attention`, reduction: 4, seed: 1 });
  x = new MaxPool2D({ name: `${name}_pool`, poolSize: 2, ceilMode: true }).apply(x);
}
x = new GlobalAveragePool({ name: 'average' }).apply(x);
const mine = model({
  name: 'mine',
  inputs: features,
  outputs: new Dense({ name: 'scene', units: 10, seed: 1 }).apply(x),
});

// The DCASE 2024 baseline beside it, which comes out as published: 61,148 parameters, 29,419,156 MACs.
for (const network of [mine, createModel('dcase2024').deployed]) {
  const { parameters, macs, bytes, verdicts } = complexity(network, { rule: 'dcase2024' });
  console.log(`${network.name}: ${parameters} parameters, ${macs} MACs, ${bytes.int8} bytes as int8`);
  for (const { storage, passes } of verdicts) console.log(`  dcase2024 in ${storage}: ${passes ? 'pass' : 'no'}`);
}

const dearest = [...complexity(mine).layers].sort((a, b) => b.macs - a.macs).slice(0, 3);
for (const { name, outputShape, macs } of dearest)
  console.log(`${name} ${outputShape.slice(1).join('×')}: ${macs} MACs`);
