import type { GraphCall, GraphOperatorTable, OnnxModel, OnnxNode } from '@asc/onnx';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { fakeQuantize, gridOf, roundToScale, weightScale, type Grid, type IntegerType } from './fake-quantize.js';

/** Domain of the nodes that round. */
export const ROUNDING_DOMAIN = 'asc';
/** Weight of the newest batch in a watched range; that of `torch.ao.quantization.MovingAverageMinMaxObserver`. */
const NEWEST = 0.01;
/** In place of no limit. */
const FLOAT32_MAX = 3.4028234663852886e38;

/** Smallest (N) and largest (N) values of N watched values. */
export interface RangeVectors {
  readonly minimum: Tensor;
  readonly maximum: Tensor;
}

/** What the rounding nodes of a graph have in common, known before any number. */
export interface RoundingPlan {
  readonly type: IntegerType;
  /** The places whose ranges join to a grid, for each grid. */
  readonly groups: readonly (readonly number[])[];
  /** What the network lets through, for each place. */
  readonly limits: readonly { readonly low: number; readonly high: number }[];
}

/** The plan of a graph in which `count` values are watched; `undefined` where nothing is. */
export function planRounding({ nodes }: OnnxModel, count: number): RoundingPlan | undefined {
  const rounding = nodes.filter(({ op, domain }) => domain === ROUNDING_DOMAIN && op === 'FakeQuantize');
  const [first] = rounding;
  if (first === undefined) return undefined;
  const groups = new Map(rounding.map((node) => [groupKey(placesOf(node)), placesOf(node)]));
  const limits = Array.from({ length: count }, () => ({ low: -FLOAT32_MAX, high: FLOAT32_MAX }));
  for (const { attributes } of rounding) {
    const { own, low, high } = attributes;
    if (own?.kind !== 'int' || own.value < 0) continue;
    limits[own.value] = {
      low: low?.kind === 'float' ? low.value : -FLOAT32_MAX,
      high: high?.kind === 'float' ? high.value : FLOAT32_MAX,
    };
  }
  const type = first.attributes['type'];
  return {
    type: type?.kind === 'string' ? (type.value as IntegerType) : 'uint8',
    groups: [...groups.values()],
    limits,
  };
}

/** One pass through a graph that rounds: its operators, which remember what they saw. */
export class RoundingPass {
  readonly operators: GraphOperatorTable;
  readonly #grids: ReadonlyMap<string, Grid>;
  readonly #seen = new Map<number, { readonly min: Tensor; readonly max: Tensor }>();
  readonly #weightScales = new Map<string, Tensor>();

  /** @param watches Whether to look at what is rounded. */
  constructor(
    private readonly plan: RoundingPlan,
    private readonly ranges: RangeVectors,
    private readonly watches: boolean,
  ) {
    this.#grids = gridsOf(plan, ranges);
    this.operators = {
      [`${ROUNDING_DOMAIN}.FakeQuantize`]: (call) => this.#activation(call),
      [`${ROUNDING_DOMAIN}.FakeQuantizeWeight`]: (call) => this.#weight(call),
      [`${ROUNDING_DOMAIN}.FakeQuantizeBias`]: (call) => this.#bias(call),
    };
  }

  /** The ranges `share` of the way on to what was seen. */
  moved(observing: Tensor): RangeVectors {
    const share = tf.mul(observing, NEWEST);
    const move = (vector: Tensor, side: 'min' | 'max'): Tensor => {
      const places = Array.from({ length: vector.size }, (_, place) => place);
      const batch = tf.concat(places.map((place) => this.#seen.get(place)?.[side] ?? tf.slice(vector, [place], [1])));
      const { low, high } = limitVectors(this.plan);
      const limited = tf.minimum(tf.maximum(batch, low), high);
      return tf.add(vector, tf.mul(tf.sub(limited, vector), share));
    };
    return { minimum: move(this.ranges.minimum, 'min'), maximum: move(this.ranges.maximum, 'max') };
  }

  #activation(call: GraphCall): Tensor {
    const x = call.input(0);
    const own = call.int('own', -1);
    if (this.watches && own >= 0) {
      const flat = tf.reshape(x, [-1]);
      this.#seen.set(own, { min: tf.min(flat, 0, true), max: tf.max(flat, 0, true) });
    }
    return fakeQuantize(x, this.#gridOf(call));
  }

  #weight(call: GraphCall): Tensor {
    const weight = call.input(0);
    if (isWhole(call)) return fakeQuantize(weight, gridOf(tf.min(weight), tf.max(weight), 'uint8'));
    return roundToScale(weight, this.#scaleOf(call, 0));
  }

  /** As int32 holds it: in steps of the input's scale times the weights'. */
  #bias(call: GraphCall): Tensor {
    const weights = tf.reshape(this.#scaleOf(call, 1), [-1]);
    return roundToScale(call.input(0), tf.mul(this.#gridOf(call).scale, weights));
  }

  #gridOf(call: GraphCall): Grid {
    const grid = this.#grids.get(groupKey(placesOf(call.node)));
    if (grid === undefined) throw call.refusal('ranges that some FakeQuantize rounds in', 'others');
    return grid;
  }

  #scaleOf(call: GraphCall, at: number): Tensor {
    const key = `${call.node.inputs[at]} ${call.int('axis', 0)}`;
    const weight = call.input(at);
    const scale =
      this.#weightScales.get(key) ??
      (isWhole(call)
        ? gridOf(tf.min(weight), tf.max(weight), 'uint8').scale
        : weightScale(weight, call.int('axis', 0)));
    this.#weightScales.set(key, scale);
    return scale;
  }
}

/** All grids at once: hundreds of small numbers are computed as three vectors. */
function gridsOf({ groups, type }: RoundingPlan, { minimum, maximum }: RangeVectors): Map<string, Grid> {
  const widest = Math.max(...groups.map(({ length }) => length));
  const padded = groups.flatMap((places) => Array.from({ length: widest }, (_, i) => places[i] ?? places[0] ?? 0));
  const indices = tf.tensor1d(padded, 'int32');
  const ofGroups = (vector: Tensor): Tensor => tf.reshape(tf.gather(vector, indices), [groups.length, widest]);
  const all = gridOf(tf.min(ofGroups(minimum), 1), tf.max(ofGroups(maximum), 1), type);
  const [scales, lows, highs] = [all.scale, all.low, all.high].map((vector) => tf.split(vector, groups.length)) as [
    Tensor[],
    Tensor[],
    Tensor[],
  ];
  return new Map(
    groups.map((places, i): [string, Grid] => [
      groupKey(places),
      { scale: scales[i] as Tensor, low: lows[i] as Tensor, high: highs[i] as Tensor },
    ]),
  );
}

function limitVectors({ limits }: RoundingPlan): { readonly low: Tensor; readonly high: Tensor } {
  return {
    low: tf.tensor1d(limits.map(({ low }) => low)),
    high: tf.tensor1d(limits.map(({ high }) => high)),
  };
}

/** uint8 weights have one scale and zero point. */
function isWhole(call: GraphCall): boolean {
  return call.text('type', 'int8') === 'uint8';
}

function placesOf({ attributes: { ranges } }: OnnxNode): number[] {
  return ranges?.kind === 'ints' ? ranges.value : [];
}

function groupKey(places: readonly number[]): string {
  return places.join();
}
