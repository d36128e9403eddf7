import { sizeOf } from '@asc/core';
import type { OnnxModel, OnnxNode, OnnxTensor } from '@asc/onnx';
import { indexGraph, onlyConsumer, type GraphIndex } from '../graph-index.js';
import { makeNode } from '../make-node.js';
import { freshName, valueNames } from '../value-names.js';
import { affineStep, type AffineStep } from './affine-step.js';
import type { ValueShapes } from './rewrite-graph.js';

/** A convolution that can take an affine step over, and the values between its output and the step. */
interface FoldTarget {
  readonly conv: OnnxNode;
  readonly between: readonly string[];
  /** How often the step's channels repeat in the convolution's: a max feature map halves them. */
  readonly repeats: number;
}

/**
 * Per-channel affine steps (batch normalisation above all) become part of a convolution: of the `Conv` before them, also
 * through max pooling and max feature maps where every scale is positive, since max(a, b)·s + t = max(a·s + t, b·s + t);
 * a depthwise 1×1 `Conv` of their own otherwise.
 */
export function foldAffine(model: OnnxModel, shapes: ValueShapes): OnnxModel {
  let current: OnnxModel = { ...model, nodes: [...model.nodes], initializers: new Map(model.initializers) };
  for (let at = 0; at < current.nodes.length; at++) {
    const index = indexGraph(current);
    const node = current.nodes[at];
    const step = node === undefined ? undefined : affineStep(node, current, index, shapes);
    if (step === undefined) continue;
    const target = findTarget(step.input, step, current, index);
    current = target === undefined ? asDepthwise(current, step) : folded(current, step, target);
    // Nodes before the step may have gone: look at this place again, unless the step is still there as a Conv.
    at -= target === undefined ? 0 : 1;
  }
  return current;
}

function findTarget(value: string, step: AffineStep, model: OnnxModel, index: GraphIndex): FoldTarget | undefined {
  const producer = index.producerOf.get(value);
  if (producer === undefined || onlyConsumer(index, value) === undefined) return undefined;
  if (producer.op === 'Conv') {
    const [, weight = '', bias = ''] = producer.inputs;
    const constant =
      model.initializers.get(weight)?.type === 'float32' && (bias === '' || model.initializers.has(bias));
    return constant ? { conv: producer, between: [value], repeats: 1 } : undefined;
  }
  if (!step.scale.every((scale) => scale > 0)) return undefined;
  if (producer.op === 'MaxPool' && producer.outputs.length === 1) {
    const target = findTarget(producer.inputs[0] ?? '', step, model, index);
    return target && { ...target, between: [...target.between, value] };
  }
  if (producer.op !== 'Max') return undefined;
  const split = index.producerOf.get(producer.inputs[0] ?? '');
  const axis = split?.attributes['axis'];
  const halves =
    split?.op === 'Split' &&
    axis?.kind === 'int' &&
    axis.value === 1 &&
    split.outputs.toSorted().join('\n') === producer.inputs.toSorted().join('\n') &&
    split.outputs.every((output) => onlyConsumer(index, output) === producer);
  const target = halves ? findTarget(split.inputs[0] ?? '', step, model, index) : undefined;
  // Unequal parts could not be added up by Max, so every part has the step's channels.
  return (
    target && {
      ...target,
      between: [...target.between, ...producer.inputs, value],
      repeats: target.repeats * producer.inputs.length,
    }
  );
}

function folded(model: OnnxModel, step: AffineStep, { conv, between, repeats }: FoldTarget): OnnxModel {
  const { initializers } = model;
  const taken = valueNames(model);
  const [input = '', weightName = '', biasName = ''] = conv.inputs;
  const weight = initializers.get(weightName);
  if (weight === undefined) return model;
  const old = initializers.get(biasName)?.data as Float32Array | undefined;
  const perOutput = sizeOf(weight.shape.slice(1));
  const channels = step.scale.length;
  const scaleOf = (output: number): number => step.scale[output % channels] ?? 1;
  const scaled = (weight.data as Float32Array).map((value, i) => value * scaleOf(Math.floor(i / perOutput)));
  const bias = Float32Array.from(
    { length: channels * repeats },
    (_, c) => (old?.[c] ?? 0) * scaleOf(c) + (step.shift[c % channels] ?? 0),
  );
  const names = { weight: freshName(`${step.output}.w`, taken), bias: freshName(`${step.output}.b`, taken) };
  initializers.set(names.weight, { ...weight, data: scaled });
  initializers.set(names.bias, { type: 'float32', shape: [bias.length], data: bias });

  // What lies between now holds other numbers than in the model given, so it gets other names.
  const renamed = new Map(between.map((value) => [value, freshName(`${value}.folded`, taken)]));
  renamed.set(step.input, step.output);
  const rename = (value: string): string => renamed.get(value) ?? value;
  const nodes = model.nodes
    .filter((node) => !step.nodes.includes(node))
    .map((node) => {
      const inputs = node === conv ? [input, names.weight, names.bias] : node.inputs.map(rename);
      return { ...node, inputs, outputs: node.outputs.map(rename) };
    });
  return { ...model, nodes };
}

function asDepthwise(model: OnnxModel, step: AffineStep): OnnxModel {
  const taken = valueNames(model);
  const channels = step.scale.length;
  const kernel: OnnxTensor = {
    type: 'float32',
    shape: [channels, 1, ...Array<number>(step.rank - 2).fill(1)],
    data: step.scale,
  };
  const [weight, bias] = [freshName(`${step.output}.w`, taken), freshName(`${step.output}.b`, taken)];
  model.initializers.set(weight, kernel).set(bias, { type: 'float32', shape: [channels], data: step.shift });
  const attributes = { group: { kind: 'int' as const, value: channels } };
  const [first, ...rest] = step.nodes;
  const conv = { ...makeNode('Conv', [step.input, weight, bias], [step.output], attributes), name: first?.name ?? '' };
  const nodes = model.nodes.flatMap((node) => (node === first ? [conv] : rest.includes(node) ? [] : [node]));
  return { ...model, nodes };
}
