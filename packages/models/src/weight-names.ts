import type { layers, LayersModel } from '@tensorflow/tfjs-layers';

/** Where a weight lies in somebody else's checkpoint. */
export interface ForeignWeight {
  readonly name: string;
  /** Axis i of the foreign array is our axis `axes[i]`; absent: the same order. */
  readonly axes?: readonly number[];
  /** What the foreign array's axes are regrouped to; absent: as they come. */
  readonly shape?: readonly number[];
}

/** Foreign places by our names `layer/weight`, running statistics included. */
export type WeightNameMap = Readonly<Record<string, ForeignWeight>>;

/** Ends of our weights' names, and what PyTorch calls them. */
const ENDINGS: Readonly<Record<string, string>> = {
  kernel: 'weight',
  depthwise_kernel: 'weight',
  bias: 'bias',
  gamma: 'weight',
  beta: 'bias',
  moving_mean: 'running_mean',
  moving_variance: 'running_var',
};
const NORM = new Set(['gamma', 'beta', 'moving_mean', 'moving_variance']);

/**
 * The names PyTorch gives the weights of a network whose modules are called as our layers are.
 *
 * | ours | PyTorch | layout |
 * |---|---|---|
 * | convolution `layer/kernel` (kh, kw, in, out) | `layer.weight` | (out, in, kh, kw) |
 * | depthwise `layer/kernel` (kh, kw, C, M) | `layer.weight` | (C·M, 1, kh, kw) |
 * | one-dimensional `layer/kernel` (k, in, out) | `layer.weight` | (out, in, k) |
 * | dense `layer/kernel` (in, out) | `layer.weight` | (out, in) |
 * | `layer/bias` | `layer.bias` | same |
 * | `layer/gamma`, `beta`, `moving_mean`, `moving_variance` | `layer.weight`, `bias`, `running_mean`, `running_var` | same |
 * | `layer/part_kernel`, `part_bias` | `layer.part.weight`, `layer.part.bias` | as above |
 * | a norm in a layer that also has a kernel | `layer.norm.weight`, … | same |
 *
 * A preset whose authors' code is public knows the names of their checkpoints: `preset.pytorchNames(model)`.
 *
 * @param modules PyTorch's paths of what it calls otherwise, by `layer`, or by `layer/part` (`layer/norm` of such a norm).
 */
export function pytorchNames(model: LayersModel, modules: Readonly<Record<string, string>> = {}): WeightNameMap {
  const entries = model.layers.flatMap((layer) => {
    const path = (key: string, fallback: string): string => (Object.hasOwn(modules, key) ? modules[key]! : fallback);
    const module = path(layer.name, layer.name);
    const names = layer.weights.map((weight) => weight.originalName.slice(layer.name.length + 1));
    const mixed = names.some((name) => name.endsWith('kernel'));
    return layer.weights.map((weight, i): [string, ForeignWeight] => {
      const short = names[i]!;
      const [part, ending] = mixed && NORM.has(short) ? ['norm', short] : splitEnding(short);
      const place = part === '' ? module : path(`${layer.name}/${part}`, `${module}.${part}`);
      const layout = short.endsWith('kernel') ? kernelLayout(layer, weight.shape as number[]) : {};
      return [weight.originalName, { name: `${place}.${ENDINGS[ending] ?? ending}`, ...layout }];
    });
  });
  return Object.fromEntries(entries);
}

/** `kernel` → its own ending, `reduce_kernel` → part and ending; other names are endings as they are. */
function splitEnding(name: string): [part: string, ending: string] {
  if (Object.hasOwn(ENDINGS, name)) return ['', name];
  const ending = Object.keys(ENDINGS).find((each) => name.endsWith(`_${each}`));
  return ending === undefined ? ['', name] : [name.slice(0, -ending.length - 1), ending];
}

function kernelLayout(layer: layers.Layer, shape: readonly number[]): Omit<ForeignWeight, 'name'> {
  if (shape.length === 2) return { axes: [1, 0] };
  if (shape.length === 3) return { axes: [2, 1, 0] };
  if (shape.length !== 4) return {};
  if (!layer.getClassName().includes('Depthwise')) return { axes: [3, 2, 0, 1] };
  const [height, width, channels, multiplier] = shape as [number, number, number, number];
  return { axes: [2, 3, 0, 1], shape: [channels * multiplier, 1, height, width] };
}

/** The same names where the authors' maps are (B, C, T, F): kernels over the map with their last two axes swapped. */
export function timeFirst(names: WeightNameMap): WeightNameMap {
  return Object.fromEntries(
    Object.entries(names).map(([ours, { name, axes, shape }]): [string, ForeignWeight] => {
      if (axes?.length !== 4) return [ours, { name, ...(axes && { axes }), ...(shape && { shape }) }];
      const swap = <T>([a, b, c, d]: readonly T[]): T[] => [a!, b!, d!, c!];
      return [ours, { name, axes: swap(axes), ...(shape && { shape: swap(shape) }) }];
    }),
  );
}
