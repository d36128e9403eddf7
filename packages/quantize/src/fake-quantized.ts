import type { OnnxAttribute, OnnxModel, OnnxNode } from '@asc/onnx';
import { indexGraph } from './graph-index.js';
import { makeNode } from './make-node.js';
import { planQuantization, type QuantizationPlan } from './plan-quantization.js';
import { weightAxis } from './qdq-constants.js';
import { SCHEME_TYPES, type QuantizationScheme } from './quantization-scheme.js';
import { freshName, valueNames } from './value-names.js';

/** A float32 graph that says where its 8-bit form rounds, for training with that rounding. */
export interface FakeQuantized {
  /**
   * Nodes of the domain `asc` stand where the 8-bit graph has QuantizeLinear and DequantizeLinear:
   *
   * - `FakeQuantize(x)`, with `type` (int8, uint8), `ranges` (places in `watched` whose ranges together give scale and zero
   *   point), `own` (the place of what it watches itself, −1 where that range is known beforehand), and `low` and `high` where a
   *   dropped Relu or Clip limits what is watched;
   * - `FakeQuantizeWeight(w)`, with `type`, and `axis` where every channel has its scale;
   * - `FakeQuantizeBias(b, w)`, with those of both: `inputType` and `ranges` of what the weights meet, `type` and `axis` of them.
   */
  readonly model: OnnxModel;
  /** Values of the prepared model whose ranges are watched. */
  readonly watched: readonly string[];
}

/** The graph of `prepareStatic` with the rounding of `writePrepared` written into it. */
export function fakeQuantized(prepared: OnnxModel, scheme: QuantizationScheme): FakeQuantized {
  const types = SCHEME_TYPES[scheme];
  const plan = planQuantization(prepared, types.activation);
  const watched = [...plan.rangeSources.values()].flat();
  const places = new Map(watched.map((value, place) => [value, place]));
  const limits = limitsOf(prepared, plan);
  const { producerOf } = indexGraph(prepared);
  const taken = valueNames(prepared);
  const nodes: OnnxNode[] = [];
  /** What readers of a value read instead. */
  const readAs = new Map<string, string>();
  /** What the producer of a value writes instead. */
  const writeAs = new Map<string, string>();
  for (const node of plan.dropped) writeAs.set(node.inputs[0] ?? '', node.outputs[0] ?? '');

  const rangesOf = (value: string): OnnxAttribute => {
    const sources = plan.rangeSources.get(plan.groupOf(value)) ?? [];
    return { kind: 'ints', value: sources.map((source) => places.get(source) ?? 0) };
  };
  const inputForm = ({ inputs }: OnnxNode): OnnxNode['attributes'] => ({
    inputType: { kind: 'string', value: types.activation },
    ranges: rangesOf(inputs[0] ?? ''),
  });
  const round = (value: string): void => {
    // A value that shares the parameters of another holds numbers that are rounded already.
    const place = places.get(value);
    if (place === undefined || !plan.activations.has(value)) return;
    const output = freshName(`${value}.rounded`, taken);
    const isKnown = producerOf.get(value)?.op === 'Softmax';
    const attributes: OnnxNode['attributes'] = {
      type: { kind: 'string', value: types.activation },
      ranges: rangesOf(value),
      own: { kind: 'int', value: isKnown ? -1 : place },
      ...limits.get(value),
    };
    nodes.push(rounding('FakeQuantize', [value], output, attributes));
    readAs.set(value, output);
  };

  for (const { name } of prepared.inputs) round(name);
  for (const name of prepared.initializers.keys()) round(name);
  const roundedWeights = new Map<string, string>();
  for (const node of prepared.nodes) {
    if (plan.dropped.has(node)) continue;
    const inputs = node.inputs.map((input) => readAs.get(input) ?? input);
    const rule = plan.rules.get(node);
    const axis = rule === undefined ? undefined : weightAxis(node, rule, prepared);
    if (axis !== undefined) {
      const weight = node.inputs[1] ?? '';
      const key = `${weight}.${axis}`;
      const rounded = roundedWeights.get(key) ?? freshName(`${weight}.rounded`, taken);
      if (!roundedWeights.has(key))
        nodes.push(rounding('FakeQuantizeWeight', [weight], rounded, weightForm(types.weight, axis)));
      roundedWeights.set(key, rounded);
      inputs[1] = rounded;
      const bias = node.inputs[2] ?? '';
      if (bias !== '') {
        inputs[2] = freshName(`${bias}.rounded`, taken);
        nodes.push(
          rounding('FakeQuantizeBias', [bias, weight], inputs[2], {
            ...weightForm(types.weight, axis),
            ...inputForm(node),
          }),
        );
      }
    }
    const outputs = node.outputs.map((output) => writeAs.get(output) ?? output);
    nodes.push({ ...node, inputs, outputs });
    for (const output of outputs) round(output);
  }
  return { model: { ...prepared, opsets: { ...prepared.opsets, asc: 1 }, nodes, valueInfo: [] }, watched };
}

function rounding(op: string, inputs: string[], output: string, attributes: OnnxNode['attributes']): OnnxNode {
  return { ...makeNode(op, inputs, [output], attributes), domain: 'asc' };
}

function weightForm(type: 'int8' | 'uint8', axis: number): OnnxNode['attributes'] {
  return { type: { kind: 'string', value: type }, ...(type === 'int8' && { axis: { kind: 'int', value: axis } }) };
}

/** What dropped Relus and Clips let through, by the value they gave. */
function limitsOf(model: OnnxModel, { dropped }: QuantizationPlan): Map<string, Record<string, OnnxAttribute>> {
  const number = (name: string | undefined): number | undefined => {
    const value = model.initializers.get(name ?? '')?.data[0];
    return value === undefined ? undefined : Number(value);
  };
  return new Map(
    [...dropped].map(({ op, inputs, outputs }) => {
      const [low, high] = op === 'Relu' ? [0, undefined] : [number(inputs[1]), number(inputs[2])];
      const limits: Record<string, OnnxAttribute> = {
        ...(low !== undefined && { low: { kind: 'float', value: low } }),
        ...(high !== undefined && { high: { kind: 'float', value: high } }),
      };
      return [outputs[0] ?? '', limits];
    }),
  );
}
