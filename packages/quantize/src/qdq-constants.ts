import { UsageError } from '@asc/core';
import type { OnnxModel, OnnxNode, OnnxTensor } from '@asc/onnx';
import { makeNode } from './make-node.js';
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

  constructor(model: OnnxModel) {
    this.#model = model;
    this.initializers = new Map(model.initializers);
    this.#taken = valueNames(model);
  }

  /** The name of a new value: `wanted` made unique once, and the same whenever asked again. */
  name(wanted: string): string {
    const known = this.#names.get(wanted) ?? freshName(wanted, this.#taken);
    this.#names.set(wanted, known);
    return known;
  }

  /** Names of the scale and zero point scalars of an activation group. */
  scaleAndZero(group: string, parametersOf: ReadonlyMap<string, QuantizationParameters>): [string, string] {
    const parameters = parametersOf.get(group);
    if (parameters === undefined) throw new UsageError({ what: `No range is known for value ${group}.` });
    const { type, scale, zeroPoint } = parameters;
    const zeroData = type === 'int8' ? Int8Array.of(zeroPoint) : Uint8Array.of(zeroPoint);
    return [
      this.#add(`${group}.s`, { type: 'float32', shape: [], data: Float32Array.of(scale) }),
      this.#add(`zero.${type}.${zeroPoint}`, { type, shape: [], data: zeroData }),
    ];
  }

  /** Integer weights and biases of every weighted node. A weight used twice is stored once, its bias once per use. */
  planWeights(
    plan: QuantizationPlan,
    parametersOf: ReadonlyMap<string, QuantizationParameters>,
  ): Map<OnnxNode, QuantizedWeights> {
    const uses = [...plan.rules].flatMap(([node, rule]) => {
      const weight = this.#model.initializers.get(node.inputs[1] ?? '');
      if (weight === undefined || !['conv', 'gemm', 'matmul'].includes(rule)) return [];
      const axis = rule === 'conv' || isTransposed(node) ? 0 : 1;
      const inputScale = parametersOf.get(plan.groupOf(node.inputs[0] ?? ''))?.scale ?? 1;
      const bias = node.inputs[2] ? this.#model.initializers.get(node.inputs[2]) : undefined;
      return [{ node, weight, name: `${node.inputs[1]}.${axis}`, axis, bias, inputScale }];
    });
    const scales = new Map<string, WeightScales>();
    for (const { name, weight, axis, bias, inputScale } of uses) {
      const known = scales.get(name) ?? weightScales(weight, axis);
      scales.set(name, bias === undefined ? known : raiseForBias(known, inputScale, bias));
    }
    const planned = new Map<OnnxNode, QuantizedWeights>();
    const dequantized = new Set<string>();
    for (const { node, name, weight, axis, bias, inputScale } of uses) {
      const weightScale = scales.get(name) ?? weightScales(weight, axis);
      const nodes: OnnxNode[] = [];
      const inputs = [this.name(`${name}.dq`)];
      if (!dequantized.has(name)) nodes.push(this.#dequantize(name, quantizeWeight(weight, weightScale), weightScale));
      dequantized.add(name);
      if (bias !== undefined) {
        const integers = quantizeBias(bias, inputScale, weightScale);
        const biasName = `${node.outputs[0]}.bias`;
        nodes.push(this.#dequantize(biasName, integers.bias, { axis: 0, scales: integers.scales }));
        inputs.push(this.name(`${biasName}.dq`));
      }
      planned.set(node, { nodes, inputs });
    }
    return planned;
  }

  #dequantize(name: string, integers: OnnxTensor, { axis, scales }: WeightScales): OnnxNode {
    const zeros = integers.type === 'int32' ? new Int32Array(scales.length) : new Int8Array(scales.length);
    const inputs = [
      this.#add(`${name}.q`, integers),
      this.#add(`${name}.s`, { type: 'float32', shape: [scales.length], data: scales }),
      this.#add(`zeros.${integers.type}.${scales.length}`, {
        type: integers.type,
        shape: [scales.length],
        data: zeros,
      }),
    ];
    return makeNode('DequantizeLinear', inputs, [this.name(`${name}.dq`)], { axis: { kind: 'int', value: axis } });
  }

  #add(wanted: string, tensor: OnnxTensor): string {
    const name = this.name(wanted);
    if (!this.initializers.has(name)) this.initializers.set(name, tensor);
    return name;
  }
}

function isTransposed(node: OnnxNode): boolean {
  const transB = node.attributes['transB'];
  return transB?.kind === 'int' && transB.value === 1;
}
