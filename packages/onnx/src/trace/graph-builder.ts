import type { DType } from '@asc/core';
import type { OnnxAttribute, OnnxModel, OnnxNode, OnnxTensor, OnnxType, OnnxValueInfo } from '../model/onnx-model.js';
import { contentKey } from './content-key.js';
import { type Constant, type Layout, type Value, physicalShape, sameShape } from './value.js';

/** The operator set the graphs are written in: the newest whose training-step operators every runtime of interest has. */
export const OPSET = 18;
/** The file format that came with {@link OPSET}, ONNX 1.13; a newer one shuts out runtimes that have all it takes. */
const IR_VERSION = 8;

/** ONNX Runtime's operators in channel-blocked memory order; its own file format of optimised graphs has them too. */
export const BLOCKED_DOMAIN = 'com.microsoft.nchwc';

/** The operator sets a graph may take from, by domain. */
const OPSETS: Readonly<Record<string, number>> = { '': OPSET, 'com.microsoft': 1, [BLOCKED_DOMAIN]: 1 };

export type Attributes = Readonly<Record<string, OnnxAttribute>>;

export const int = (value: number): OnnxAttribute => ({ kind: 'int', value });
export const ints = (value: readonly number[]): OnnxAttribute => ({ kind: 'ints', value: [...value] });
export const float = (value: number): OnnxAttribute => ({ kind: 'float', value });
export const text = (value: string): OnnxAttribute => ({ kind: 'string', value });

interface Spec {
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly layout?: Layout;
  /** Where the graph's element type is not one tfjs has (int64 indices). */
  readonly type?: OnnxType;
}

/**
 * Collects nodes. Equal nodes and equal constants are made once (every op is a pure function), so the graph has no
 * duplicates by construction.
 */
export class GraphBuilder {
  readonly nodes: OnnxNode[] = [];
  readonly initializers = new Map<string, OnnxTensor>();
  readonly inputs: OnnxValueInfo[] = [];
  readonly outputs: OnnxValueInfo[] = [];
  /** Shape and type of every value in memory order, for consumers that need them. */
  readonly valueInfo = new Map<string, OnnxValueInfo>();
  private readonly producers = new Map<string, OnnxNode>();
  private readonly known = new Map<string, OnnxNode>();
  private readonly constantNames = new Map<string, string>();
  private readonly used = new Set<string>();
  /** The Identity nodes that give outputs their names. */
  private readonly makesOutput = new Set<OnnxNode>();
  /** Prefix of node names: the layer being traced. */
  scope = '';

  input(name: string, shape: readonly number[], dtype: DType): Value {
    this.inputs.push({ name, type: dtype, shape: [...shape] });
    this.used.add(name);
    return this.register(name, { shape, dtype });
  }

  /** Makes `value` a graph output called `name`, in logical (channels-last) order. */
  output(name: string, value: Value): void {
    const plain = this.plain(value);
    const node: OnnxNode = {
      op: 'Identity',
      domain: '',
      name: this.unique(`output/${name}`),
      inputs: [plain.name],
      outputs: [name],
      attributes: {},
    };
    this.nodes.push(node);
    this.makesOutput.add(node);
    this.outputs.push({ name, type: value.dtype, shape: [...value.shape] });
  }

  /** One node with one result. */
  op(
    op: string,
    inputs: readonly (Value | string | undefined)[],
    spec: Spec,
    attributes: Attributes = {},
    domain = '',
  ): Value {
    return this.ops(op, inputs, [spec], attributes, domain)[0]!;
  }

  /** One node with several results. */
  ops(
    op: string,
    inputs: readonly (Value | string | undefined)[],
    specs: readonly Spec[],
    attributes: Attributes = {},
    domain = '',
  ): Value[] {
    const names = inputs.map((v) => (v === undefined ? '' : typeof v === 'string' ? v : v.name));
    const key = JSON.stringify([op, domain, names, attributes]);
    let node = this.known.get(key);
    if (node === undefined) {
      const base = this.unique(this.scope === '' ? op : `${this.scope}/${op}`);
      node = { op, domain, name: base, inputs: names, outputs: [base], attributes: { ...attributes } };
      this.nodes.push(node);
      this.known.set(key, node);
      this.producers.set(base, node);
    }
    // The same node asked for more results (a pooling's indices, needed by its gradient only) grows them.
    for (let i = node.outputs.length; i < specs.length; i++) {
      node.outputs.push(`${node.name}:${i}`);
      this.producers.set(`${node.name}:${i}`, node);
    }
    const outputs = node.outputs;
    return specs.map((spec, i) => this.register(outputs[i]!, spec));
  }

  /** The node that makes a value; undefined for inputs and constants. */
  producer(name: string): OnnxNode | undefined {
    return this.producers.get(name);
  }

  constant({ data, shape, dtype }: Constant): Value {
    const name = this.initializer(dtype, shape, data);
    return this.register(name, { shape, dtype });
  }

  scalar(value: number, dtype: DType = 'float32'): Value {
    const data =
      dtype === 'float32' ? Float32Array.of(value) : dtype === 'int32' ? Int32Array.of(value) : Uint8Array.of(value);
    return this.constant({ data, shape: [], dtype });
  }

  /** An int64 vector, ONNX's way to pass shapes and axes. */
  int64(values: readonly number[]): string {
    return this.initializer(
      'int64',
      [values.length],
      BigInt64Array.from(values, (v) => BigInt(v)),
    );
  }

  /** Reshape in memory order. Chains collapse into one; a reshape to the same shape is nothing. */
  reshapePhysical(value: Value, shape: readonly number[], spec: Spec): Value {
    if (sameShape(physicalShape(value), shape)) return { ...value, shape: spec.shape, layout: spec.layout ?? 'plain' };
    let source = value.name;
    for (;;) {
      const producer = this.producers.get(source);
      if (producer?.op !== 'Reshape') break;
      source = producer.inputs[0]!;
    }
    const info = this.valueInfo.get(source);
    if (info !== undefined && sameShape(info.shape as number[], shape)) return this.register(source, spec);
    return this.op('Reshape', [source, this.int64(shape)], spec);
  }

  /** The value in channels-last order. */
  plain(value: Value): Value {
    if (value.layout === 'plain') return value;
    const [b, f, t, c] = value.shape as [number, number, number, number];
    const spec = { shape: value.shape, dtype: value.dtype };
    if (c === 1 || f * t === 1) return this.reshapePhysical(value, [b, f, t, c], spec);
    return this.transpose(value.name, [0, 2, 3, 1], spec);
  }

  /** The rank-4 value in channels-first order. */
  channelsFirst(value: Value): Value {
    if (value.layout === 'channels-first') return value;
    const [b, f, t, c] = value.shape as [number, number, number, number];
    const spec = { shape: value.shape, dtype: value.dtype, layout: 'channels-first' as const };
    if (c === 1 || f * t === 1) return this.reshapePhysical(value, [b, c, f, t], spec);
    return this.transpose(value.name, [0, 3, 1, 2], spec);
  }

  transpose(name: string, perm: readonly number[], spec: Spec): Value {
    if (perm.every((p, i) => p === i)) return this.register(name, spec);
    const producer = this.producers.get(name);
    const before = producer?.op === 'Transpose' ? producer.attributes['perm'] : undefined;
    if (before?.kind === 'ints') {
      return this.transpose(
        producer!.inputs[0]!,
        perm.map((p) => before.value[p]!),
        spec,
      );
    }
    return this.op('Transpose', [name], spec, { perm: ints(perm) });
  }

  build(graphName: string): OnnxModel {
    this.makeWayForOutputs();
    const domains = new Set(['', ...this.nodes.map((n) => n.domain)]);
    return {
      irVersion: IR_VERSION,
      producer: 'asc',
      opsets: Object.fromEntries(Object.entries(OPSETS).filter(([domain]) => domains.has(domain))),
      graphName,
      inputs: this.inputs,
      outputs: this.outputs,
      valueInfo: [...this.valueInfo.values()],
      nodes: this.nodes,
      initializers: this.initializers,
      metadata: {},
    };
  }

  /** An output may be called what some node or constant happens to be called: that one gets another name. */
  private makeWayForOutputs(): void {
    const outputs = new Set(this.outputs.map((o) => o.name));
    const renamed = new Map<string, string>();
    const free = (name: string): string => {
      if (!outputs.has(name)) return name;
      const known = renamed.get(name) ?? this.unique(`${name}_`);
      renamed.set(name, known);
      return known;
    };
    for (const [name, tensor] of this.initializers) {
      if (!outputs.has(name)) continue;
      this.initializers.delete(name);
      this.initializers.set(free(name), tensor);
    }
    for (const node of this.nodes) {
      node.inputs = node.inputs.map(free);
      if (!this.makesOutput.has(node)) node.outputs = node.outputs.map(free);
    }
    for (const [name, to] of renamed) {
      const info = this.valueInfo.get(name);
      if (info !== undefined) this.valueInfo.set(name, { ...info, name: to });
    }
  }

  private register(name: string, spec: Spec): Value {
    const value: Value = { name, shape: spec.shape, dtype: spec.dtype, layout: spec.layout ?? 'plain' };
    if (!this.valueInfo.has(name))
      this.valueInfo.set(name, { name, type: spec.type ?? spec.dtype, shape: physicalShape(value) });
    return value;
  }

  private initializer(type: OnnxType, shape: readonly number[], data: OnnxTensor['data']): string {
    const key = `${type}|${shape.join(',')}|${contentKey(data)}`;
    let name = this.constantNames.get(key);
    if (name === undefined) {
      name = this.unique('const');
      this.constantNames.set(key, name);
      this.initializers.set(name, { type, shape: [...shape], data });
    }
    return name;
  }

  private unique(base: string): string {
    let name = base;
    for (let i = 1; this.used.has(name); i++) name = `${base}_${i}`;
    this.used.add(name);
    return name;
  }
}
