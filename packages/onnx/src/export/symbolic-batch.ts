import { TraceError } from '@asc/core';
import type { OnnxModel, OnnxNode, OnnxTensor, OnnxValueInfo } from '../model/onnx-model.js';

/**
 * Joins two traces of one function, made at two batch sizes, into a model of any batch size: what is equal stays, what
 * grew with the batch becomes symbolic (`B`), and anything else is refused.
 */
export function symbolicBatch(a: OnnxModel, b: OnnxModel, sizes: readonly [number, number]): OnnxModel {
  if (a.nodes.length !== b.nodes.length) throw differs('the number of nodes');
  const nodes: OnnxNode[] = [];
  const initializers = new Map<string, OnnxTensor>();
  const shapeOf = batchShape(a.inputs[0]!.name, nodes, initializers);
  const expanded = new Map<string, string>();
  /** One number, as often as the batch asks: the first state of a recurrent layer. */
  const expand = (name: string, mine: OnnxTensor, theirs: OnnxTensor): string => {
    const known = expanded.get(name);
    if (known !== undefined) return known;
    const output = `${name}/any_batch`;
    const node = { op: 'Expand', domain: '', name: output, outputs: [output], attributes: {} };
    initializers.set(`${name}/once`, { ...mine, shape: [], data: mine.data.slice(0, 1) as OnnxTensor['data'] });
    const shape = shapeOf({ ...node, inputs: [] }, 'size', multiples(output, mine.shape, theirs.shape, sizes));
    nodes.push({ ...node, inputs: [`${name}/once`, shape] });
    expanded.set(name, output);
    return output;
  };
  a.nodes.forEach((node, i) => {
    const twin = b.nodes[i]!;
    if (node.op !== twin.op || JSON.stringify(node.attributes) !== JSON.stringify(twin.attributes)) {
      throw differs(`node '${node.name}' (${node.op})`);
    }
    const inputs = node.inputs.map((name, k) => {
      const mine = a.initializers.get(name);
      const theirs = b.initializers.get(twin.inputs[k]!);
      if (mine === undefined || theirs === undefined) {
        if (name !== twin.inputs[k]) throw differs(`an operand of node '${node.name}' (${node.op})`);
        return name;
      }
      if (sameTensor(mine, theirs)) {
        initializers.set(name, mine);
        return name;
      }
      if (isRepeated(mine, theirs)) return expand(name, mine, theirs);
      return shapeOf(node, name, batchMultiples(node, mine, theirs, sizes));
    });
    nodes.push({ ...node, inputs });
  });
  const join = (list: readonly OnnxValueInfo[], twins: readonly OnnxValueInfo[]): OnnxValueInfo[] =>
    list.map((v, i) => ({ ...v, shape: v.shape.map((d, k) => symbol(v, d, twins[i]!.shape[k]!, sizes)) }));
  return {
    ...a,
    nodes,
    initializers,
    inputs: join(a.inputs, b.inputs),
    outputs: join(a.outputs, b.outputs),
    valueInfo: join(a.valueInfo, b.valueInfo),
  };
}

function differs(what: string): TraceError {
  return new TraceError({
    what: `The model does something else at another batch size: ${what} differs.`,
    hint: 'Export it with a fixed batch: exportOnnx(model, { batch: 1 }).',
  });
}

function symbol(
  v: OnnxValueInfo,
  d: number | string,
  twin: number | string,
  [m, n]: readonly [number, number],
): number | string {
  if (d === twin || typeof d === 'string' || typeof twin === 'string') return d;
  if (d * n !== twin * m || d % m !== 0) throw differs(`the shape of '${v.name}'`);
  return d === m ? 'B' : `${d / m}B`;
}

function sameTensor(a: OnnxTensor, b: OnnxTensor): boolean {
  if (a.type !== b.type || a.data.length !== b.data.length || a.shape.join() !== b.shape.join()) return false;
  for (let i = 0; i < a.data.length; i++) if (!Object.is(a.data[i], b.data[i])) return false;
  return true;
}

/** For each entry of a shape vector: a fixed number, or how many times the batch it is. */
interface Dimension {
  readonly fixed: number;
  readonly timesBatch: number;
}

/** Whether two constants are one and the same number, repeated to different sizes. */
function isRepeated(a: OnnxTensor, b: OnnxTensor): boolean {
  if (a.type === 'int64' || a.type !== b.type || a.shape.length !== b.shape.length) return false;
  const first = a.data[0];
  const same = (v: number | bigint): boolean => Object.is(v, first);
  return first !== undefined && (a.data as Float32Array).every(same) && (b.data as Float32Array).every(same);
}

function batchMultiples(node: OnnxNode, a: OnnxTensor, b: OnnxTensor, sizes: readonly [number, number]): Dimension[] {
  if (a.type !== 'int64' || b.type !== 'int64' || a.data.length !== b.data.length || a.shape.length !== 1) {
    throw differs(`a constant of node '${node.name}' (${node.op})`);
  }
  const numbers = (t: OnnxTensor): number[] => Array.from(t.data as BigInt64Array, Number);
  return multiples(`node '${node.name}' (${node.op})`, numbers(a), numbers(b), sizes);
}

function multiples(
  where: string,
  a: readonly number[],
  b: readonly number[],
  [m, n]: readonly [number, number],
): Dimension[] {
  return a.map((mine, i) => {
    const theirs = b[i]!;
    if (mine === theirs) return { fixed: mine, timesBatch: 0 };
    if (mine * n !== theirs * m || mine % m !== 0) throw differs(`a shape in ${where}`);
    return { fixed: 0, timesBatch: mine / m };
  });
}

/** Where a constant depends on the batch: −1 in a Reshape, otherwise nodes that compute it from the input's shape. */
function batchShape(input: string, nodes: OnnxNode[], initializers: Map<string, OnnxTensor>) {
  const node = (op: string, name: string, inputs: string[], attributes: OnnxNode['attributes'] = {}): string => {
    nodes.push({ op, domain: '', name, inputs, outputs: [name], attributes });
    return name;
  };
  const constant = (name: string, values: readonly number[]): string => {
    initializers.set(name, {
      type: 'int64',
      shape: [values.length],
      data: BigInt64Array.from(values, (v) => BigInt(v)),
    });
    return name;
  };
  let batch: string | undefined;
  return (consumer: OnnxNode, name: string, dimensions: readonly Dimension[]): string => {
    const grown = dimensions.filter((d) => d.timesBatch > 0);
    if (consumer.op === 'Reshape' && grown.length === 1) {
      return constant(
        `${name}/any_batch`,
        dimensions.map((d) => (d.timesBatch > 0 ? -1 : d.fixed)),
      );
    }
    batch ??= node('Shape', 'batch/size', [input], {
      start: { kind: 'int', value: 0 },
      end: { kind: 'int', value: 1 },
    });
    const root = `${consumer.name}/${name}`;
    const parts = dimensions.map((d, i) =>
      d.timesBatch === 0
        ? constant(`${root}/${i}`, [d.fixed])
        : d.timesBatch === 1
          ? batch!
          : node('Mul', `${root}/times_${i}`, [batch!, constant(`${root}/factor_${i}`, [d.timesBatch])]),
    );
    return parts.length === 1 ? parts[0]! : node('Concat', `${root}/shape`, parts, { axis: { kind: 'int', value: 0 } });
  };
}
