import { UsageError } from '@asc/core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { OnnxAttribute, OnnxNode, OnnxTensor } from '../model/onnx-model.js';

/** One node of a graph with what it works on: tensors in ONNX order, (B, C, F, T) for feature maps. */
export class GraphCall {
  constructor(
    readonly node: OnnxNode,
    private readonly value: (name: string) => Tensor,
    private readonly constant: (name: string) => OnnxTensor | undefined,
  ) {}

  has(at: number): boolean {
    return (this.node.inputs[at] ?? '') !== '';
  }

  /** The operand at a place. @throws UsageError where there is none. */
  input(at: number): Tensor {
    const name = this.node.inputs[at] ?? '';
    if (name === '') throw this.refusal(`input ${at}`, 'nothing');
    return this.value(name);
  }

  inputs(): Tensor[] {
    return this.node.inputs.map((_, at) => this.input(at));
  }

  /** The operand at a place as numbers that are known beforehand (axes, sizes); `undefined` where there is none. */
  numbers(at: number): number[] | undefined {
    const name = this.node.inputs[at] ?? '';
    if (name === '') return undefined;
    const tensor = this.constant(name);
    if (tensor === undefined) throw this.refusal(`a constant as input ${at}`, 'a computed value');
    return Array.from(tensor.data as Iterable<number | bigint>, Number);
  }

  int(name: string, otherwise: number): number {
    return this.attribute(name, 'int')?.value ?? otherwise;
  }

  float(name: string, otherwise: number): number {
    return this.attribute(name, 'float')?.value ?? otherwise;
  }

  text(name: string, otherwise: string): string {
    return this.attribute(name, 'string')?.value ?? otherwise;
  }

  ints(name: string): number[] | undefined {
    return this.attribute(name, 'ints')?.value;
  }

  /** Axes from 0 on, given as an attribute or, as in newer operator sets, an input; all where there are none. */
  axes(at: number, rank: number): number[] {
    const axes = this.ints('axes') ?? this.numbers(at) ?? Array.from({ length: rank }, (_, axis) => axis);
    return axes.map((axis) => (axis < 0 ? axis + rank : axis));
  }

  /** The attribute `axis`, counted from 0. */
  axis(otherwise: number, rank: number): number {
    const axis = this.int('axis', otherwise);
    return axis < 0 ? axis + rank : axis;
  }

  /** What to throw where the node has a form that is not known here. */
  refusal(expected: string, received: string): UsageError {
    const { op, name, outputs } = this.node;
    return new UsageError({
      what: `The node ${name || (outputs[0] ?? '')} (${op}) cannot be run in tfjs.`,
      expected,
      received,
    });
  }

  private attribute<K extends OnnxAttribute['kind']>(
    name: string,
    kind: K,
  ): Extract<OnnxAttribute, { kind: K }> | undefined {
    const found = this.node.attributes[name];
    if (found === undefined || found.kind === kind) return found as Extract<OnnxAttribute, { kind: K }> | undefined;
    throw this.refusal(`the attribute ${name} to be of kind ${kind}`, found.kind);
  }
}

/** What an operator gives: its outputs in order. */
export type GraphOperator = (call: GraphCall) => Tensor | Tensor[];

/** Operators by name; those of other domains than the standard one as `domain.name`. */
export type GraphOperatorTable = Readonly<Record<string, GraphOperator>>;
