import { graphFunction, GRAPH_OPERATORS, learntConstants, type OnnxModel, type OnnxTensor } from '@asc/onnx';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { initializers, layers, type LayerVariable, type Shape } from '@tensorflow/tfjs-layers';
import { planRounding, ROUNDING_DOMAIN, RoundingPass, type RoundingPlan } from './rounding.js';

/** Smallest and largest value of what is watched. */
export interface WatchedRange {
  readonly min: number;
  readonly max: number;
}

export interface GraphLayerConfig {
  readonly model: OnnxModel;
  /** The value the layer gives. */
  readonly output: string;
  readonly outputShape: Shape;
  /** Where watched ranges start, where the graph has FakeQuantize nodes. */
  readonly ranges: readonly WatchedRange[];
}

/**
 * A whole ONNX graph as one layer, its learnt constants as weights. Nodes of the domain `asc` (see `fakeQuantized` in
 * @asc/quantize) round to 8 bits; the ranges they round in are weights too, which move with the batches of training, by a
 * hundredth of the way, where the call argument `observing` (a scalar) is 1, and stand still where it is 0 or absent. A batch
 * is rounded in the ranges that those before it left.
 */
export class GraphLayer extends layers.Layer {
  static className = 'AscGraph';
  readonly #config: GraphLayerConfig;
  readonly #learnt: ReadonlyMap<string, OnnxTensor>;
  readonly #plan: RoundingPlan | undefined;
  readonly #variables = new Map<string, LayerVariable>();
  #minimum: LayerVariable | undefined;
  #maximum: LayerVariable | undefined;

  constructor(config: GraphLayerConfig) {
    super({ name: 'graph' });
    this.#config = config;
    const plain = withoutRounding(config.model);
    // Refuses what tfjs cannot run before anything is made of it.
    graphFunction(plain, { outputs: [config.output] });
    this.#learnt = learntConstants(plain);
    this.#plan = planRounding(config.model, config.ranges.length);
  }

  override build(): void {
    for (const [name, { shape, data }] of this.#learnt) {
      this.#variables.set(name, this.#add(name, shape, data as Float32Array, true));
    }
    const { ranges } = this.#config;
    if (this.#plan !== undefined) {
      const vector = (of: (range: WatchedRange) => number): Float32Array => Float32Array.from(ranges, of);
      this.#minimum = this.#add(
        'range_minimum',
        [ranges.length],
        vector(({ min }) => min),
        false,
      );
      this.#maximum = this.#add(
        'range_maximum',
        [ranges.length],
        vector(({ max }) => max),
        false,
      );
    }
    this.built = true;
  }

  override computeOutputShape(): Shape {
    return this.#config.outputShape;
  }

  override call(inputs: Tensor | Tensor[], kwargs: Record<string, unknown> = {}): Tensor {
    return tf.tidy(() => {
      const { model, output } = this.#config;
      const given = [inputs].flat();
      const observing = kwargs['training'] === true ? (kwargs['observing'] as Tensor | undefined) : undefined;
      const rounding = this.#rounding(observing !== undefined);
      const compute = graphFunction(model, {
        outputs: [output],
        operators: { ...GRAPH_OPERATORS, ...rounding?.operators },
      });
      const maps = Object.fromEntries(model.inputs.map(({ name }, i) => [name, given[i] as Tensor]));
      const parameters = Object.fromEntries([...this.#variables].map(([name, variable]) => [name, variable.read()]));
      const result = compute(maps, parameters)[output] as Tensor;
      if (observing !== undefined && rounding !== undefined) {
        const { minimum, maximum } = rounding.moved(observing);
        this.#minimum?.write(minimum);
        this.#maximum?.write(maximum);
      }
      return result;
    });
  }

  /** The learnt constants as they are now. */
  constants(): Map<string, OnnxTensor> {
    return new Map(
      [...this.#learnt].map(([name, { shape, type }]) => {
        const data = Float32Array.from(this.#variables.get(name)?.read().dataSync() ?? []);
        return [name, { type, shape, data }];
      }),
    );
  }

  /** The watched ranges as they are now. */
  ranges(): WatchedRange[] {
    const max = this.#maximum?.read().dataSync() ?? [];
    return Array.from(this.#minimum?.read().dataSync() ?? [], (min, i) => ({ min, max: max[i] ?? min }));
  }

  #rounding(watches: boolean): RoundingPass | undefined {
    const [minimum, maximum] = [this.#minimum?.read(), this.#maximum?.read()];
    if (this.#plan === undefined || minimum === undefined || maximum === undefined) return undefined;
    return new RoundingPass(this.#plan, { minimum, maximum }, watches);
  }

  #add(name: string, shape: Shape, data: Float32Array, trainable: boolean): LayerVariable {
    const start = initializers.zeros();
    const variable = this.addWeight(name, [...shape], 'float32', start, undefined, trainable);
    tf.tidy(() => {
      variable.write(tf.tensor(data.slice(), shape as number[]));
    });
    return variable;
  }
}

/** The graph with values in the place of their rounded forms, to tell which constants are learnt. */
function withoutRounding(model: OnnxModel): OnnxModel {
  const behind = new Map(
    model.nodes.flatMap(({ domain, inputs, outputs }) =>
      domain === ROUNDING_DOMAIN ? [[outputs[0] ?? '', inputs[0] ?? ''] as const] : [],
    ),
  );
  const nodes = model.nodes.map((node) => ({ ...node, inputs: node.inputs.map((name) => behind.get(name) ?? name) }));
  return { ...model, nodes };
}
