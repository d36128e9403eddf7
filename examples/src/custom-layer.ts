/** A layer of your own trains natively, exports and quantizes: nothing has to be told about it. */
import { createRng, labelSpace, ndArray } from '@asc/core';
import { Conv2D, Dense, GlobalAveragePool } from '@asc/layers';
import { exportOnnx, OnnxRunner } from '@asc/onnx';
import { quantizeStatic } from '@asc/quantize';
import { fit, inMemoryBatches, parseRecipe } from '@asc/train';
import '@tensorflow/tfjs-backend-cpu';
import { mul, serialization, sigmoid, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { initializers, layers, sequential, type Shape } from '@tensorflow/tfjs-layers';

/** Learns how much to listen to each band: y = x · σ(gain), (B, F, T, C) → same. */
class BandGain extends layers.Layer {
  static className = 'BandGain';
  override build(shape: Shape | Shape[]): void {
    const bands = (shape as Shape)[1] ?? 1;
    this.addWeight('gain', [bands, 1, 1], 'float32', initializers.zeros());
    super.build(shape);
  }
  override call(inputs: Tensor | Tensor[]): Tensor {
    const [x] = [inputs].flat() as [Tensor];
    return tidy(() => mul(x, sigmoid(this.weights[0]!.read())));
  }
}
serialization.registerClass(BandGain);

const model = sequential({
  layers: [
    new BandGain({ name: 'gain', inputShape: [8, 10, 1] }),
    new Conv2D({ filters: 8, kernelSize: 3, padding: [1, 1, 1, 1] }),
    layers.reLU(),
    new GlobalAveragePool(),
    new Dense({ units: 2 }),
  ],
});

// Two kinds of noise that differ in the second band; all the others mislead.
const labels = labelSpace(['calm', 'busy']);
const rng = createRng(7);
const examples = Array.from({ length: 64 }, (_, i) => {
  const data = rng.fillNormal(new Float32Array(80)).map((x, at) => (Math.floor(at / 10) === 1 ? x + (i % 2) * 2 : x));
  return { scene: labels.scenes[i % 2]!, map: { bands: 8, frames: 10, channels: 1, data } };
});
const recipe = parseRecipe({
  name: 'custom',
  dataset: { kind: 'folder' },
  features: { preset: 'none' },
  clip: { seconds: 1 },
  model: { preset: 'mine' },
  optimiser: { kind: 'adam', learningRate: 0.02 },
  batchSize: 16,
  epochs: 25,
});
const { batchSize, dropLast } = recipe;
const train = inMemoryBatches({ examples, labels, batchSize, dropLast, rng: rng.split('batches') });
for await (const event of fit({ recipe, model, labels, train })) {
  if (event.kind === 'epoch' && (event.report.epoch + 1) % 5 === 0) {
    console.log(`epoch ${event.report.epoch + 1}: loss ${event.report.loss.toFixed(3)}`);
  }
}

const gains = Array.from(await model.getLayer('gain').getWeights()[0]!.data());
console.log(`most listened to: band ${gains.indexOf(Math.max(...gains))}`);

const onnx = exportOnnx(model, { softmax: true });
const input = onnx.inputs[0]!.name;
const feeds = examples.map(({ map }) => ({ [input]: ndArray('float32', [1, 8, 10, 1], map.data) }));
const int8 = await quantizeStatic(onnx, feeds);
for (const [name, graph] of Object.entries({ float: onnx, int8 })) {
  const runner = await OnnxRunner.create(graph);
  let right = 0;
  for (const [i, feed] of feeds.entries()) {
    const { probabilities } = await runner.run(feed);
    if ((probabilities!.data[1]! > 0.5 ? 1 : 0) === i % 2) right++;
  }
  await runner.release();
  console.log(`${name}: ${right} of ${feeds.length} right`);
}
