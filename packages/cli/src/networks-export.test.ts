import { listPresets } from '@asc/models';
import { encodeOnnx, exportOnnx, graphFunction, OnnxRunner } from '@asc/onnx';
import { expect, test } from '@jest/globals';
import { dispose, tensor, tidy, type Tensor } from '@tensorflow/tfjs-core';
import './line/tensorflow.js';
import { distance, normalMaps, smallNetwork } from './networks.test.helper.js';

/** Both compute in float32 and add in different orders; norms are folded in the file. */
const TOLERANCE = 1e-4;

test.each(listPresets().map((preset) => [preset.name, preset] as const))(
  '%s says as an ONNX file, and as a tfjs function made of that file, what it says in tfjs',
  async (_, preset) => {
    const net = smallNetwork(preset);
    const model = exportOnnx(net.deployed);
    const runner = await OnnxRunner.create(encodeOnnx(model), { threads: 1 });
    const maps = normalMaps(net, 3, 'maps');
    const [logits, again] = tidy(() => {
      const inputs = net.deployed.inputNames.map((name) => tensor(maps[name]!.data, [...maps[name]!.shape]));
      const direct = net.deployed.apply(inputs.length === 1 ? inputs[0]! : inputs) as Tensor;
      const [back] = Object.values(
        graphFunction(model)(Object.fromEntries(net.deployed.inputNames.map((name, i) => [name, inputs[i]!]))),
      );
      return [direct.dataSync() as Float32Array, back!.dataSync() as Float32Array];
    });
    const heard = Object.values(await runner.run(maps));
    expect(heard).toHaveLength(1);
    expect(distance(heard[0]!.data, logits)).toBeLessThan(TOLERANCE);
    expect(distance(again, heard[0]!.data)).toBeLessThan(TOLERANCE);
    await runner.release();
    dispose(net.training.weights.map((weight) => weight.read()));
  },
);
