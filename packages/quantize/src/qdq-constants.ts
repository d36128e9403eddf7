import { UsageError } from '@asc/core';
import { takesMeans, type OnnxModel, type OnnxNode, type OnnxTensor } from '@asc/onnx';
import { roundAdaptively, type InputGram } from './adaptive-rounding.js';
import { makeNode } from './make-node.js';
import type { OperatorRule } from './operator-rules.js';
import type { QuantizationPlan } from './plan-quantization.js';
import type { QuantizationParameters } from './quantization-parameters.js';
import { quantizeBias, quantizeWeight, raiseForBias, weightScales, type WeightScales } from './quantize-weights.js';
import { freshName, valueNames } from './value-names.js';

/** The DequantizeLinear nodes in front of a weighted node, and the inputs (weight, bias) they give it. */
export interface QuantizedWeights {
  readonly nodes: readonly OnnxNode[];
  readonly inputs: readonly string[];
}

/** Names and constants of an 8-bit graph, each made once. */
export class QdqConstants {
  readonly initializers: Map<string, OnnxTensor>;
  readonly #model: OnnxModel;
  readonly #taken: Set<string>;
  readonly #names = new Map<string, string>();
  readonly #weightType: 'int8' | 'uint8';

  constructor(model: OnnxModel, weightType: 'int8' | 'uint8') {
    this.#weightType = weightType;
    this.#model = model;
    this.initializers = new Map(model.initializers);
    this.#taken = valueNames(model);
  }

  /**
   * The name of a new value: a letter and a number, the same whenever asked again for `key`. Short, because an 8-bit graph
   * has thousands of names: in full they were 40 % of a small model's file.
   */
  name(letter: string, key: string): string {
    const known = this.#names.get(`${letter} ${key}`);
    const name = known ?? freshName(`${letter}${this.#names.size}`, this.#taken);
    this.#names.set(`${letter} ${key}`, name);
    return name;
  }

  /** Names of the scale and zero point scalars of an activation group. */
  scaleAndZero(group: string, parametersOf: ReadonlyMap<string, QuantizationParameters>): [string, string] {
    const parameters = parametersOf.get(group);
    if (parameters === undefined) throw new UsageError({ what: `No range is known for value ${group}.` });
    const { type, scale, zeroPoint } = parameters;
    const zeroData = type === 'int8' ? Int8Array.of(zeroPoint) : Uint8Array.of(zeroPoint);
    return [
      this.#add('s', group, { type: 'float32', shape: [], data: Float32Array.of(scale) }),
      this.#add('z', `${type} ${zeroPoint}`, { type, shape: [], data: zeroData }),
    ];
  }

  /**
   * Integer weights and biases of every weighted node. A weight used twice is stored once, its bias once per use.
   *
   * @param grams By `weightKey`; a weight that has one is rounded adaptively, another to the nearest.
   */
  planWeights(
    plan: QuantizationPlan,
    parametersOf: ReadonlyMap<string, QuantizationParameters>,
    grams: ReadonlyMap<string, InputGram>,
  ): Map<OnnxNode, QuantizedWeights> {
    const uses = [...plan.rules].flatMap(([node, rule]) => {
      const weight = this.#model.initializers.get(node.inputs[1] ?? '');
      if (weight === undefined || weightAxis(node, rule, this.#model) === undefined) return [];
      const inputScale = parametersOf.get(plan.groupOf(node.inputs[0] ?? ''))?.scale ?? 1;
      const bias = node.inputs[2] ? this.#model.initializers.get(node.inputs[2]) : undefined;
      const { key: name, axis } = weightKey(node, rule);
      return [{ node, weight, name, axis, bias, inputScale }];
    });
    const scales = new Map<string, WeightScales>();
    for (const { name, weight, axis, bias, inputScale } of uses) {
      const known = scales.get(name) ?? weightScales(weight, axis, this.#weightType);
      scales.set(name, bias === undefined ? known : raiseForBias(known, inputScale, bias));
    }
    const planned = new Map<OnnxNode, QuantizedWeights>();
    const dequantized = new Set<string>();
    for (const { node, name, weight, axis, bias, inputScale } of uses) {
      const weightScale = scales.get(name) ?? weightScales(weight, axis, this.#weightType);
      const nodes: OnnxNode[] = [];
      const inputs = [this.name('d', `weight ${name}`)];
      if (!dequantized.has(name)) {
        if (takesMeans(weight)) {
          nodes.push(...this.#dequantizeRepeated(`weight ${name}`, quantizeWeight(weight, weightScale), weightScale));
        } else {
          const gram = grams.get(name);
          const integers =
            gram === undefined ? quantizeWeight(weight, weightScale) : roundAdaptively(weight, weightScale, axis, gram);
          nodes.push(this.#dequantize(`weight ${name}`, integers, weightScale));
        }
      }
      dequantized.add(name);
      if (bias !== undefined) {
        const integers = quantizeBias(bias, inputScale, weightScale);
        const biasName = `bias ${node.outputs[0]}`;
        nodes.push(
          this.#dequantize(biasName, integers.bias, {
            axis: weightScale.axis === undefined ? undefined : 0,
            scales: integers.scales,
            zeroPoint: 0,
          }),
        );
        inputs.push(this.name('d', biasName));
      }
      planned.set(node, { nodes, inputs });
    }
    return planned;
  }

  #dequantize(
    name: string,
    integers: OnnxTensor,
    { axis, scales, zeroPoint }: Pick<WeightScales, 'axis' | 'scales' | 'zeroPoint'>,
  ): OnnxNode {
    const shape = axis === undefined ? [] : [scales.length];
    const zeros = Array<number>(scales.length).fill(zeroPoint);
    const data =
      integers.type === 'int32'
        ? Int32Array.from(zeros)
        : integers.type === 'int8'
          ? Int8Array.from(zeros)
          : Uint8Array.from(zeros);
    const inputs = [
      this.#add('w', name, integers),
      this.#add('s', name, { type: 'float32', shape, data: scales }),
      this.#add('z', `${integers.type} ${zeroPoint} times ${shape.join()}`, { type: integers.type, shape, data }),
    ];
    const attributes: OnnxNode['attributes'] = axis === undefined ? {} : { axis: { kind: 'int', value: axis } };
    return makeNode('DequantizeLinear', inputs, [this.name('d', name)], attributes);
  }

  /** One integer in the file, repeated when it is loaded: the share of a mean is nothing learnt, and of no size. */
  #dequantizeRepeated(
    name: string,
    { type, shape, data }: OnnxTensor,
    { scales, zeroPoint }: WeightScales,
  ): OnnxNode[] {
    const one: OnnxTensor = { type, shape: [], data: data.slice(0, 1) };
    const sizes: OnnxTensor = { type: 'int64', shape: [shape.length], data: BigInt64Array.from(shape, BigInt) };
    const integer = this.#add('w', name, one);
    const whole = this.name('e', name);
    const scalar = this.#dequantize(name, one, { axis: undefined, scales: scales.slice(0, 1), zeroPoint });
    return [
      makeNode('Expand', [integer, this.#add('n', `shape ${shape.join()}`, sizes)], [whole]),
      { ...scalar, inputs: [whole, ...scalar.inputs.slice(1)] },
    ];
  }

  #add(letter: string, key: string, tensor: OnnxTensor): string {
    const name = this.name(letter, key);
    if (!this.initializers.has(name)) this.initializers.set(name, tensor);
    return name;
  }
}

/** What a weight goes by, and its axis of output channels. */
export function weightKey(node: OnnxNode, rule: OperatorRule): { readonly key: string; readonly axis: number } {
  const axis = outputAxis(node, rule);
  return { key: `${node.inputs[1]}.${axis}`, axis };
}

/** The axis of a node's constant weights along which its output channels lie; `undefined` where it has none. */
export function weightAxis(node: OnnxNode, rule: OperatorRule, { initializers }: OnnxModel): number | undefined {
  const weighted = ['conv', 'gemm', 'matmul'].includes(rule) && initializers.has(node.inputs[1] ?? '');
  return weighted ? outputAxis(node, rule) : undefined;
}

function outputAxis(node: OnnxNode, rule: OperatorRule): number {
  return rule === 'conv' || isTransposed(node) ? 0 : 1;
}

function isTransposed(node: OnnxNode): boolean {
  const transB = node.attributes['transB'];
  return transB?.kind === 'int' && transB.value === 1;
}
