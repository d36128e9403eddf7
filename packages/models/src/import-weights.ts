import { describeValue, nearestName, sizeOf, UsageError, type NdArray, type NdArrays } from '@asc/core';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { pytorchNames, type ForeignWeight, type WeightNameMap } from './weight-names.js';

/** A counter every PyTorch norm keeps and nothing here reads. */
const IGNORED = /(^|\.)num_batches_tracked$/;

/**
 * Gives a network the weights and running statistics of somebody else's checkpoint, e.g. a PyTorch state dictionary out of a
 * safetensors file. Nothing is changed where something is wrong.
 *
 * @param model `training` or `deployed` of a scene model.
 * @param names default {@link pytorchNames}: modules called as our layers are.
 * @throws UsageError for a tensor that is missing, left over, of another shape or not float32, and for a map that is not the model's.
 */
export function importWeights(model: LayersModel, tensors: NdArrays, names: WeightNameMap = pytorchNames(model)): void {
  const places = checkNames(model, names);
  const arrays = places.map(({ weight, place }) => {
    const array = Object.hasOwn(tensors, place.name) ? tensors[place.name] : undefined;
    if (array === undefined) refuseMissing(model, weight.originalName, place.name, Object.keys(tensors));
    checkArray(place.name, array, foreignShape(weight.shape as number[], place));
    return array;
  });
  const wanted = new Set(places.map(({ place }) => place.name));
  const left = Object.keys(tensors).filter((name) => !wanted.has(name) && !IGNORED.test(name));
  if (left.length > 0) {
    throw new UsageError({
      what: `The checkpoint holds tensors that model "${model.name}" has no place for.`,
      expected: `${wanted.size} tensors`,
      received: `also ${listed(left)}`,
      hint: 'Is it another network? Otherwise leave them out of what you import.',
    });
  }
  tf.tidy(() => {
    for (const [i, { weight, place }] of places.entries()) {
      const value = tf.tensor(arrays[i]!.data, turned(weight.shape as number[], place));
      weight.write(place.axes === undefined ? value : tf.transpose(value, inverse(place.axes)));
    }
  });
}

/** A network's weights and running statistics under foreign names and in foreign layouts: what {@link importWeights} reads. */
export function exportWeights(model: LayersModel, names: WeightNameMap = pytorchNames(model)): NdArrays {
  const entries = checkNames(model, names).map(({ weight, place }): [string, NdArray] => {
    const data = tf.tidy(() => {
      const value = weight.read();
      return (place.axes === undefined ? value : tf.transpose(value, [...place.axes])).dataSync() as Float32Array;
    });
    return [
      place.name,
      { dtype: 'float32', shape: foreignShape(weight.shape as number[], place), data: Float32Array.from(data) },
    ];
  });
  return Object.fromEntries(entries);
}

type Weight = LayersModel['weights'][number];

/** Every weight of the model with its place. @throws UsageError where the map is not one to one. */
function checkNames(model: LayersModel, names: WeightNameMap): { weight: Weight; place: ForeignWeight }[] {
  const weights = [...new Map(model.weights.map((weight) => [weight.originalName, weight])).values()];
  const known = new Set(weights.map((weight) => weight.originalName));
  const refuse = (what: string, received: string): never => {
    throw new UsageError({
      what: `The name map does not fit model "${model.name}": ${what}.`,
      expected: 'one foreign name for each of its weights',
      received,
      hint: 'Start from pytorchNames(model), or give it the paths of modules that are called otherwise.',
    });
  };
  if (weights.length < model.weights.length)
    refuse('two of its weights share a name', `${model.weights.length} weights`);
  const strange = Object.keys(names).filter((name) => !known.has(name));
  if (strange.length > 0) refuse('it names weights the model does not have', listed(strange));
  const taken = new Map<string, string>();
  return weights.map((weight) => {
    const place = Object.hasOwn(names, weight.originalName) ? names[weight.originalName] : undefined;
    if (place === undefined) return refuse(`"${weight.originalName}" is missing`, `${Object.keys(names).length} names`);
    const rank = weight.shape.length;
    const axes = place.axes ?? weight.shape.map((_, axis) => axis);
    if (axes.toSorted((a, b) => a - b).join() !== weight.shape.map((_, axis) => axis).join()) {
      refuse(`"${weight.originalName}" has ${rank} axes`, `axes [${axes.join(', ')}]`);
    }
    if (sizeOf(foreignShape(weight.shape as number[], place)) !== sizeOf(weight.shape as number[])) {
      refuse(
        `"${weight.originalName}" has ${sizeOf(weight.shape as number[])} numbers`,
        `shape [${place.shape!.join(', ')}]`,
      );
    }
    const other = taken.get(place.name);
    if (other !== undefined) refuse(`"${place.name}" is named twice`, `for "${other}" and "${weight.originalName}"`);
    taken.set(place.name, weight.originalName);
    return { weight, place };
  });
}

function checkArray(name: string, array: NdArray, shape: readonly number[]): void {
  if (array.dtype !== 'float32') {
    throw new UsageError({
      what: `The tensor "${name}" has the wrong type.`,
      expected: 'float32',
      received: array.dtype,
    });
  }
  if (array.shape.join() === shape.join()) return;
  throw new UsageError({
    what: `The tensor "${name}" has the wrong shape.`,
    expected: `(${shape.join(', ')})`,
    received: `(${array.shape.join(', ')})`,
    hint: 'Build the model with the classes and the input the checkpoint was trained with.',
  });
}

function refuseMissing(model: LayersModel, ours: string, name: string, there: readonly string[]): never {
  const nearest = nearestName(name, there);
  throw new UsageError({
    what: `The checkpoint has no "${name}", which "${ours}" of model "${model.name}" wants.`,
    expected: `"${name}"`,
    received: there.length === 0 ? 'no tensors' : listed(there),
    hint: `${nearest === undefined ? '' : `Is it "${nearest}"? `}Say so in the name map: pytorchNames(model, { layer: 'module.path' }).`,
  });
}

/** The shape with its axes in the foreign order. */
function turned(shape: readonly number[], { axes }: ForeignWeight): number[] {
  return axes === undefined ? [...shape] : axes.map((axis) => shape[axis]!);
}

function foreignShape(shape: readonly number[], place: ForeignWeight): number[] {
  return [...(place.shape ?? turned(shape, place))];
}

function inverse(axes: readonly number[]): number[] {
  return axes.map((_, axis) => axes.indexOf(axis));
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 3).map((name) => describeValue(name));
  return names.length > 3 ? `${shown.join(', ')} and ${names.length - 3} more` : shown.join(', ');
}
