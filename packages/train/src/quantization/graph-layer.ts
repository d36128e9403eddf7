import {
  graphFunction,
  GRAPH_OPERATORS,
  learntConstants,
  type GraphCall,
  type OnnxModel,
  type OnnxTensor,
} from '@asc/onnx';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { initializers, layers, type LayerVariable, type Shape } from '@tensorflow/tfjs-layers';
import {
  fakeQuantize,
  fakeQuantizeBias,
  fakeQuantizeWeight,
  gridOf,
  weightGrid,
  type Grid,
  type IntegerType,
} from './fake-quantize.js';

/** Weight of the newest batch in a watched range; that of `torch.ao.quantization.MovingAverageMinMaxObserver`. */
const NEWEST = 0.01;

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
 * @asc/quantize) round to 8 bits; the ranges they round in are weights too, which move with the batches of
 * training, by a hundredth of the way, where the call argument `observing` (a scalar) is 1, and stand still where it is 0 or
 * absent. A batch is rounded in the ranges that those before it left.
 */
export class GraphLayer extends layers.Layer {
  static className = 'AscGraph';
  readonly #config: GraphLayerConfig;
  readonly #learnt: ReadonlyMap<string, OnnxTensor>;
  readonly #variables = new Map<string, LayerVariable>();
  #minimum: LayerVariable | undefined;
  #maximum: LayerVariable | undefined;

  constructor(config: GraphLayerConfig) {
    super({ name: 'graph' });
    this.#config = config;
    this.#learnt = learntConstants(withoutRounding(config.model));
  }

  override build(): void {
    for (const [name, { shape, data }] of this.#learnt) {
      this.#variables.set(name, this.#add(name, shape, data as Float32Array, true));
    }
    const { ranges } = this.#config;
    if (ranges.length > 0) {
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
      const parameters = Object.fromEntries([...this.#variables].map(([name, variable]) => [name, variable.read()]));
      const rounding = this.#rounding(kwargs['training'] === true && kwargs['observing'] !== undefined);
      const compute = graphFunction(model, {
        outputs: [output],
        operators: { ...GRAPH_OPERATORS, ...rounding.operators },
      });
      const maps = Object.fromEntries(model.inputs.map(({ name }, i) => [name, given[i] as Tensor]));
      const result = compute(maps, parameters)[output] as Tensor;
      rounding.finish(kwargs['observing'] as Tensor);
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

  #add(name: string, shape: Shape, data: Float32Array, trainable: boolean): LayerVariable {
    const start = initializers.zeros();
    const variable = this.addWeight(name, [...shape], 'float32', start, undefined, trainable);
    tf.tidy(() => {
      variable.write(tf.tensor(data.slice(), shape as number[]));
    });
    return variable;
  }

  /** The operators that round, and what moves the ranges once they have seen a batch. */
  #rounding(watches: boolean) {
    const [minimum, maximum] = [this.#minimum?.read(), this.#maximum?.read()];
    const grids = new Map<string, Grid>();
    const seen = new Map<number, { readonly min: Tensor; readonly max: Tensor }>();
    const one = (vector: Tensor, place: number): Tensor => tf.slice(vector, [place], [1]);
    const gridFor = (places: readonly number[], type: IntegerType): Grid => {
      const key = places.join();
      const known = grids.get(key);
      if (known !== undefined) return known;
      const join = (vector: Tensor, pick: (a: Tensor, b: Tensor) => Tensor): Tensor =>
        places.map((place) => one(vector, place)).reduce(pick);
      const [from, to] = [join(minimum as Tensor, tf.minimum), join(maximum as Tensor, tf.maximum)];
      const grid = { type, ...gridOf(from, to, type) };
      grids.set(key, grid);
      return grid;
    };
    const activation = (call: GraphCall): Tensor => {
      const x = call.input(0);
      const [own, low, high] = [call.int('own', -1), call.float('low', -Infinity), call.float('high', Infinity)];
      if (watches && own >= 0) {
        const limited = (value: Tensor): Tensor => tf.reshape(limit(value, low, high), [1]);
        seen.set(own, { min: limited(tf.min(x)), max: limited(tf.max(x)) });
      }
      return fakeQuantize(x, gridFor(call.ints('ranges') ?? [], call.text('type', 'uint8') as IntegerType));
    };
    const axisOf = (call: GraphCall): number | undefined =>
      call.text('type', 'int8') === 'uint8' ? undefined : call.int('axis', 0);
    const weight = (call: GraphCall): Tensor => fakeQuantizeWeight(call.input(0), axisOf(call));
    const bias = (call: GraphCall): Tensor => {
      const { scale } = gridFor(call.ints('ranges') ?? [], call.text('inputType', 'uint8') as IntegerType);
      return fakeQuantizeBias(call.input(0), scale, weightGrid(call.input(1), axisOf(call)).scale);
    };
    return {
      operators: { 'asc.FakeQuantize': activation, 'asc.FakeQuantizeWeight': weight, 'asc.FakeQuantizeBias': bias },
      finish: (observing: Tensor): void => {
        if (minimum === undefined || maximum === undefined || seen.size === 0) return;
        const share = tf.mul(observing, NEWEST);
        const moved = (vector: Tensor, side: 'min' | 'max'): Tensor => {
          const batch = Array.from(
            { length: vector.size },
            (_, place) => seen.get(place)?.[side] ?? one(vector, place),
          );
          return tf.add(vector, tf.mul(tf.sub(tf.concat(batch), vector), share));
        };
        const [min, max] = [moved(minimum, 'min'), moved(maximum, 'max')];
        this.#minimum?.write(min);
        this.#maximum?.write(max);
      },
    };
  }
}

function limit(value: Tensor, low: number, high: number): Tensor {
  const above = low === -Infinity ? value : tf.maximum(value, low);
  return high === Infinity ? above : tf.minimum(above, high);
}

/** The graph with weights in the place of their rounded forms, to tell which constants are learnt. */
function withoutRounding(model: OnnxModel): OnnxModel {
  const behind = new Map(
    model.nodes.flatMap(({ op, domain, inputs, outputs }) =>
      domain === 'asc' && op !== 'FakeQuantize' ? [[outputs[0] ?? '', inputs[0] ?? ''] as const] : [],
    ),
  );
  const nodes = model.nodes.map((node) => ({ ...node, inputs: node.inputs.map((name) => behind.get(name) ?? name) }));
  return { ...model, nodes };
}
