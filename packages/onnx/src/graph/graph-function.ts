import { UsageError, type DType } from '@asc/core';
import { tensor, tidy, type Tensor } from '@tensorflow/tfjs-core';
import type { OnnxModel, OnnxNode, OnnxTensor } from '../model/onnx-model.js';
import { GraphCall, type GraphOperator, type GraphOperatorTable } from './graph-call.js';
import { GRAPH_OPERATORS } from './operators/index.js';

/** Named tensors: inputs, parameters, outputs of a graph. */
export type NamedTensors = Readonly<Record<string, Tensor>>;

/**
 * A graph as a tfjs function, with gradients: of its inputs and, by name, of any float constants given anew as `parameters`.
 */
export type GraphFunction = (inputs: NamedTensors, parameters?: NamedTensors) => Record<string, Tensor>;

export interface GraphFunctionOptions {
  /** Values to compute; default: the outputs of the graph. What they do not need is left out. */
  readonly outputs?: readonly string[];
  /** Default `GRAPH_OPERATORS`. Spread it to add one of your own. */
  readonly operators?: GraphOperatorTable;
}

/**
 * An ONNX graph as a tfjs function: the way back from `trace`, in the operators it writes. Values keep their ONNX order,
 * (B, C, F, T) for feature maps; traced again, the Transposes around convolutions cancel out.
 *
 * @throws UsageError for an operator that is not in the table, by name, or a value that the graph does not make.
 */
export function graphFunction(model: OnnxModel, options: GraphFunctionOptions = {}): GraphFunction {
  const operators = options.operators ?? GRAPH_OPERATORS;
  const outputs = options.outputs ?? model.outputs.map(({ name }) => name);
  const steps = needed(model, outputs).map((node) => ({ node, operator: operatorOf(node, operators) }));

  return (inputs, parameters = {}) =>
    tidy(() => {
      const values = new Map<string, Tensor>([...Object.entries(inputs), ...Object.entries(parameters)]);
      const value = (name: string): Tensor => {
        const known = values.get(name);
        if (known !== undefined) return known;
        const constant = model.initializers.get(name);
        if (constant === undefined) throw unknownValue(name, model);
        const made = toTensor(constant, name);
        values.set(name, made);
        return made;
      };
      for (const { node, operator } of steps) {
        const given = operator(new GraphCall(node, value, (name) => model.initializers.get(name)));
        [given].flat().forEach((result, i) => values.set(node.outputs[i] ?? '', result));
      }
      return Object.fromEntries(outputs.map((name) => [name, value(name)]));
    });
}

/** The nodes that `outputs` depend on, in order. */
function needed(model: OnnxModel, outputs: readonly string[]): OnnxNode[] {
  const wanted = new Set(outputs);
  const found = model.nodes.toReversed().filter((node) => {
    if (!node.outputs.some((name) => wanted.has(name))) return false;
    for (const name of node.inputs) wanted.add(name);
    return true;
  });
  return found.toReversed();
}

function operatorOf({ op, domain }: OnnxNode, operators: GraphOperatorTable): GraphOperator {
  const name = domain === '' ? op : `${domain}.${op}`;
  const operator = operators[name];
  if (operator !== undefined) return operator;
  throw new UsageError({
    what: `The operator ${name} cannot be run in tfjs.`,
    expected: `one of ${Object.keys(operators).join(', ')}`,
    received: name,
    hint: 'Pass one for it in `operators`.',
  });
}

const DTYPES: Partial<Record<OnnxTensor['type'], DType>> = {
  float32: 'float32',
  int32: 'int32',
  int64: 'int32',
  uint8: 'int32',
  int8: 'int32',
  bool: 'bool',
};

/** A constant as a tensor; whole numbers as int32. */
function toTensor({ type, shape, data }: OnnxTensor, name: string): Tensor {
  const dtype = DTYPES[type];
  if (dtype === undefined) {
    throw new UsageError({
      what: `The constant ${name} cannot be a tensor of tfjs.`,
      expected: `one of ${Object.keys(DTYPES).join(', ')}`,
      received: type,
    });
  }
  if (dtype === 'int32') return tensor(Int32Array.from(data as Iterable<number | bigint>, Number), shape, dtype);
  return tensor(data as Float32Array | Uint8Array, shape, dtype);
}

function unknownValue(name: string, model: OnnxModel): UsageError {
  return new UsageError({
    what: `The graph does not make the value "${name}".`,
    expected: `inputs ${model.inputs.map((input) => input.name).join(', ')}`,
  });
}
