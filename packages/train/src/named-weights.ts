import { UsageError } from '@asc/core';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';

type Layer = LayersModel['layers'][number];

/** A model's weight under a name that is the same in every process that builds the model. */
export interface NamedWeight {
  readonly name: string;
  readonly variable: tf.Variable;
  readonly trainable: boolean;
  /** What keeps the weight in its allowed set after an update, or null. */
  readonly constraint: { apply(weight: tf.Tensor): tf.Tensor } | null;
}

/**
 * Every weight of `model`, running statistics included, sorted by name `layer/weight`.
 *
 * tfjs numbers the layers nobody named through the whole process (`conv2d_7` after another model was built); here they
 * are numbered through the model.
 *
 * @throws UsageError where the model has no weights.
 */
export function namedWeights(model: LayersModel): NamedWeight[] {
  const trainable = new Set(model.trainableWeights.map((weight) => weight.id));
  const layerName = layerNamer();
  const found = new Map<string, NamedWeight>();
  const seen = new Set<number>();
  for (const layer of model.layers) {
    const prefix = layerName(layer);
    for (const weight of layer.weights) {
      if (seen.has(weight.id)) continue;
      seen.add(weight.id);
      const variable = weight.read();
      if (!(variable instanceof tf.Variable)) throw new UsageError({ what: `${weight.name} is not a variable.` });
      const own = `${layer.name}/`;
      const short = weight.originalName.startsWith(own) ? weight.originalName.slice(own.length) : weight.originalName;
      const name = freeName(`${prefix}/${short}`, found);
      found.set(name, { name, variable, trainable: trainable.has(weight.id), constraint: weight.constraint });
    }
  }
  if (found.size === 0) throw new UsageError({ what: `The model "${model.name}" has no weights to train.` });
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function layerNamer(): (layer: Layer) => string {
  const counts = new Map<string, number>();
  return (layer) => {
    const stem = /^(.+)_\d+$/.exec(layer.name)?.[1];
    const kind = snakeCase(layer.getClassName());
    if (stem === undefined || stem !== kind) return layer.name;
    const count = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, count);
    return `${kind}_${count}`;
  };
}

/** As tfjs-layers makes a layer's name of its class: `Conv2D` is `conv2d`, `MaxPooling2D` `max_pooling2d`. */
function snakeCase(name: string): string {
  return name
    .replace(/(.)([A-Z][a-z0-9]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
}

function freeName(name: string, taken: ReadonlyMap<string, unknown>): string {
  let free = name;
  for (let count = 2; taken.has(free); count++) free = `${name}_${count}`;
  return free;
}
