import { UsageError } from '@asc/core';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';

type Layer = LayersModel['layers'][number];

/** A model's weight under a name that is the same in every process that builds the model. */
export interface NamedWeight {
  readonly name: string;
  readonly variable: tf.Variable;
  readonly layer: Layer;
  readonly trainable: boolean;
  /** What keeps the weight in its allowed set after an update, or null. */
  readonly constraint: { apply(weight: tf.Tensor): tf.Tensor } | null;
}

/**
 * Every weight of `model`, running statistics included, sorted by name `layer/weight`.
 *
 * tfjs numbers the layers nobody named through the whole process (`conv2d_Conv2D7` after another model was built); here
 * they are numbered through the model (`conv2d_1`).
 *
 * @throws UsageError where the model has no weights.
 */
export function namedWeights(model: LayersModel): NamedWeight[] {
  const trainable = new Set(model.trainableWeights.map((weight) => weight.id));
  const layerName = layerNamer();
  const found = new Map<string, NamedWeight>();
  const seen = new Set<number>();
  for (const layer of innermost(model.layers)) {
    const prefix = layerName(layer);
    for (const weight of layer.weights) {
      if (seen.has(weight.id)) continue;
      seen.add(weight.id);
      const variable = weight.read();
      if (!(variable instanceof tf.Variable)) throw new UsageError({ what: `${weight.name} is not a variable.` });
      const own = `${layer.name}/`;
      const short = weight.originalName.startsWith(own) ? weight.originalName.slice(own.length) : weight.originalName;
      const name = freeName(`${prefix}/${short}`, found);
      found.set(name, { name, variable, layer, trainable: trainable.has(weight.id), constraint: weight.constraint });
    }
  }
  if (found.size === 0) throw new UsageError({ what: `The model "${model.name}" has no weights to train.` });
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The layers, those inside a nested model in its place. */
function innermost(layers: readonly Layer[]): Layer[] {
  return layers.flatMap((layer) => ('layers' in layer ? innermost(layer.layers as Layer[]) : [layer]));
}

function layerNamer(): (layer: Layer) => string {
  const counts = new Map<string, number>();
  return (layer) => {
    // tfjs names a layer `<class in snake case>_<Class><number>`.
    const end = layer.name.lastIndexOf(`_${layer.getClassName()}`);
    const number = layer.name.slice(end + 1 + layer.getClassName().length);
    if (end < 1 || !/^\d+$/.test(number)) return layer.name;
    const kind = layer.name.slice(0, end);
    const count = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, count);
    return `${kind}_${count}`;
  };
}

function freeName(name: string, taken: ReadonlyMap<string, unknown>): string {
  let free = name;
  for (let count = 2; taken.has(free); count++) free = `${name}_${count}`;
  return free;
}
