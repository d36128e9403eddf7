import { UsageError } from '@asc/core';
import type { OnnxModel, OnnxNode, OnnxTensor } from '@asc/onnx';
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

  /** Integer weights and biases of every weighted node. A weight used twice is stored once, its bias once per use. */
  planWeights(
    plan: QuantizationPlan,
    parametersOf: ReadonlyMap<string, QuantizationParameters>,
  ): Map<OnnxNode, QuantizedWeights> {
    const uses = [...plan.rules].flatMap(([node, rule]) => {
      const weight = this.#model.initializers.get(node.inputs[1] ?? '');
      const axis = weightAxis(node, rule, this.#model);
      if (weight === undefined || axis === undefined) return [];
      const inputScale = parametersOf.get(plan.groupOf(node.inputs[0] ?? ''))?.scale ?? 1;
      const bias = node.inputs[2] ? this.#model.initializers.get(node.inputs[2]) : undefined;
      return [{ node, weight, name: `${node.inputs[1]}.${axis}`, axis, bias, inputScale }];
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
      if (!dequantized.has(name))
        nodes.push(this.#dequantize(`weight ${name}`, quantizeWeight(weight, weightScale), weightScale));
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

  #add(letter: string, key: string, tensor: OnnxTensor): string {
    const name = this.name(letter, key);
    if (!this.initializers.has(name)) this.initializers.set(name, tensor);
    return name;
  }
}

/** The axis of a node's constant weights along which its output channels lie; `undefined` where it has none. */
export function weightAxis(node: OnnxNode, rule: OperatorRule, { initializers }: OnnxModel): number | undefined {
  if (!initializers.has(node.inputs[1] ?? '') || !['conv', 'gemm', 'matmul'].includes(rule)) return undefined;
  return rule === 'conv' || isTransposed(node) ? 0 : 1;
}

function isTransposed(node: OnnxNode): boolean {
  const transB = node.attributes['transB'];
  return transB?.kind === 'int' && transB.value === 1;
}
