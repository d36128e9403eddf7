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
 * @param modules PyTorch's paths of layers it calls otherwise, by our layer names; a preset has them in `pytorchModules`.
 */
export function pytorchNames(model: LayersModel, modules: Readonly<Record<string, string>> = {}): WeightNameMap {
  const entries = model.layers.flatMap((layer) => {
    const module = Object.hasOwn(modules, layer.name) ? modules[layer.name]! : layer.name;
    const names = layer.weights.map((weight) => weight.originalName.slice(layer.name.length + 1));
    const mixed = names.some((name) => name.endsWith('kernel'));
    return layer.weights.map((weight, i): [string, ForeignWeight] => {
      const short = names[i]!;
      const path = mixed && NORM.has(short) ? `${module}.norm` : module;
      const layout = short.endsWith('kernel') ? kernelLayout(layer, weight.shape as number[]) : {};
      return [weight.originalName, { name: `${path}.${pytorchName(short)}`, ...layout }];
    });
  });
  return Object.fromEntries(entries);
}

/** `kernel` → `weight`, `reduce_kernel` → `reduce.weight`; other names stay. */
function pytorchName(name: string): string {
  if (Object.hasOwn(ENDINGS, name)) return ENDINGS[name]!;
  const ending = Object.keys(ENDINGS).find((each) => name.endsWith(`_${each}`));
  return ending === undefined ? name : `${name.slice(0, -ending.length - 1)}.${ENDINGS[ending]}`;
}

function kernelLayout(layer: layers.Layer, shape: readonly number[]): Omit<ForeignWeight, 'name'> {
  if (shape.length === 2) return { axes: [1, 0] };
  if (shape.length === 3) return { axes: [2, 1, 0] };
  if (shape.length !== 4) return {};
  if (!layer.getClassName().includes('Depthwise')) return { axes: [3, 2, 0, 1] };
  const [height, width, channels, multiplier] = shape as [number, number, number, number];
  return { axes: [2, 3, 0, 1], shape: [channels * multiplier, 1, height, width] };
}
