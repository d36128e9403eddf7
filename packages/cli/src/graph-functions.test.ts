import { listPresets } from '@asc/models';
import { encodeOnnx, exportOnnx, graphFunction, OnnxRunner } from '@asc/onnx';
import { expect, test } from '@jest/globals';
import { dispose, tensor, tidy } from '@tensorflow/tfjs-core';
import './line/tensorflow.js';
import { distance, normalMaps, smallNetwork } from './networks.test.helper.js';

/** Both compute in float32 and add in different orders. */
const TOLERANCE = 1e-4;

test.each(listPresets().map((preset) => [preset.name, preset] as const))(
  '%s, exported, says as a tfjs function what ONNX Runtime says',
  async (_, preset) => {
    const net = smallNetwork(preset);
    const model = exportOnnx(net.deployed);
    const maps = normalMaps(net, 3, 'maps');
    const runner = await OnnxRunner.create(encodeOnnx(model), { threads: 1 });
    const [heard] = Object.values(await runner.run(maps));
    await runner.release();
    const said = tidy(() => {
      const inputs = Object.entries(maps).map(([name, { data, shape }]) => [name, tensor(data, [...shape])]);
      const [output] = Object.values(graphFunction(model)(Object.fromEntries(inputs)));
      return output!.dataSync() as Float32Array;
    });
    expect(distance(said, heard!.data)).toBeLessThan(TOLERANCE);
    dispose(net.training.weights.map((weight) => weight.read()));
  },
);
