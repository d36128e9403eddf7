import type { OnnxModel, OnnxNode } from '../model/onnx-model.js';

/** The clean-ups every traced graph gets: biases taken into convolutions, per-channel affine pairs fused, dead nodes, constants and inputs removed. */
export function optimise(model: OnnxModel): OnnxModel {
  fuseBias(model);
  fuseAffine(model);
  joinPaddedHalves(model);
  removeDead(model);
  sumProductsThatAreThere(model);
  nameOutputs(model);
  return model;
}

/** How often each value is read, graph outputs included. */
export function countUses(model: OnnxModel): Map<string, number> {
  const uses = new Map<string, number>();
  const note = (name: string): unknown => uses.set(name, (uses.get(name) ?? 0) + 1);
  for (const node of model.nodes) node.inputs.forEach(note);
  for (const output of model.outputs) note(output.name);
  return uses;
}

export function producersOf(model: OnnxModel): Map<string, OnnxNode> {
  const producers = new Map<string, OnnxNode>();
  for (const node of model.nodes) for (const output of node.outputs) producers.set(output, node);
  return producers;
}

/** Removes nodes, constants and inputs that no output depends on. Inputs named by the caller stay; state and draws go. */
export function removeDead(model: OnnxModel): void {
  const needed = new Set(model.outputs.map((o) => o.name));
  const kept: OnnxNode[] = [];
  for (let i = model.nodes.length - 1; i >= 0; i--) {
    const node = model.nodes[i]!;
    if (!node.outputs.some((o) => needed.has(o))) continue;
    kept.push(node);
    for (const input of node.inputs) needed.add(input);
  }
  model.nodes = kept.reverse();
  for (const name of model.initializers.keys()) if (!needed.has(name)) model.initializers.delete(name);
  model.inputs = model.inputs.filter((i) => needed.has(i.name) || !/^(state|random)\//.test(i.name));
  const made = new Set(model.nodes.flatMap((n) => n.outputs));
  model.valueInfo = model.valueInfo.filter((v) => made.has(v.name) && !model.outputs.some((o) => o.name === v.name));
}

/**
 * A sum of products is made without the products (`dot-products.ts`); where other nodes need those all the same, reading them once is
 * faster than reading both factors.
 */
function sumProductsThatAreThere(model: OnnxModel): void {
  const producers = producersOf(model);
  const shapes = shapesOf(model);
  /** Products of two maps of one shape that come before a node, by the names of the maps. */
  const products = new Map<string, string>();
  const nodes: OnnxNode[] = [];
  let changed = false;
  for (const node of model.nodes) {
    const made = node.outputs[0]!;
    if (node.op === 'Mul' && node.inputs.every((name) => shapes.get(name)?.join() === shapes.get(made)?.join())) {
      products.set(node.inputs.join('\n'), made);
    }
    const reshapes = node.op === 'FusedMatMul' ? node.inputs.map((name) => producers.get(name)) : [];
    const factors = reshapes.map((reshape) => (reshape?.op === 'Reshape' ? reshape.inputs[0]! : ''));
    const product = products.get(factors.join('\n'));
    if (product === undefined) {
      nodes.push(node);
      continue;
    }
    const [rows, axes] = [`${node.name}/product`, `${node.name}/axes`];
    nodes.push(
      { ...reshapes[0]!, name: rows, inputs: [product, reshapes[0]!.inputs[1]!], outputs: [rows] },
      { ...node, op: 'ReduceSum', domain: '', inputs: [rows, axes], attributes: {} },
    );
    model.initializers.set(axes, { type: 'int64', shape: [1], data: BigInt64Array.of(2n) });
    changed = true;
  }
  model.nodes = nodes;
  if (changed) removeDead(model);
}

/**
 * An output that other nodes read too is made under its own name: ONNX Runtime copies it otherwise, and an optimiser's moments are as
 * large as all weights together.
 */
function nameOutputs(model: OnnxModel): void {
  const producers = producersOf(model);
  const uses = countUses(model);
  const outputs = new Set(model.outputs.map(({ name }) => name));
  const renamed = new Map<string, string>();
  const nodes = model.nodes.filter(({ op, inputs, outputs: made }) => {
    const [source, name] = [inputs[0]!, made[0]!];
    const copied = op === 'Identity' && outputs.has(name) && uses.get(source)! > 1 && producers.has(source);
    if (!copied || outputs.has(source) || renamed.has(source)) return true;
    renamed.set(source, name);
    return false;
  });
  if (renamed.size === 0) return;
  const called = (name: string): string => renamed.get(name) ?? name;
  for (const node of nodes) {
    node.inputs = node.inputs.map(called);
    node.outputs = node.outputs.map(called);
  }
  model.nodes = nodes;
  model.valueInfo = model.valueInfo.filter(({ name }) => !renamed.has(name));
}

/** Conv(x, w) + b with a per-channel b is Conv(x, w, b), one pass over memory less; in channel blocks too. */
function fuseBias(model: OnnxModel): void {
  const producers = producersOf(model);
  const uses = countUses(model);
  const shapes = shapesOf(model);
  const nodes: OnnxNode[] = [];
  for (const node of model.nodes) {
    const match = node.op === 'Add' ? biasOf(node, producers, uses, shapes) : undefined;
    if (match === undefined) {
      nodes.push(node);
      continue;
    }
    const { conv, bias, after } = match;
    const inputs = [...conv.inputs, bias];
    if (after === undefined) {
      nodes.push({ ...node, op: 'Conv', inputs, attributes: conv.attributes });
      continue;
    }
    const blocked = `${node.name}/Conv`;
    nodes.push(
      { ...conv, name: blocked, inputs, outputs: [blocked] },
      { ...after, name: node.name, inputs: [blocked], outputs: node.outputs },
    );
    shapes.set(blocked, shapes.get(conv.outputs[0]!)!);
  }
  model.nodes = nodes;
}

interface BiasMatch {
  readonly conv: OnnxNode;
  readonly bias: string;
  /** What brings the convolution's blocks back in order. */
  readonly after?: OnnxNode;
}

function biasOf(
  node: OnnxNode,
  producers: ReadonlyMap<string, OnnxNode>,
  uses: ReadonlyMap<string, number>,
  shapes: ReadonlyMap<string, readonly (number | string)[]>,
): BiasMatch | undefined {
  const [p, q] = node.inputs as [string, string];
  for (const [sum, bias] of [
    [p, q],
    [q, p],
  ] as const) {
    const made = producers.get(sum);
    const after = made?.op === 'ReorderOutput' ? made : undefined;
    const convolved = after?.inputs[0] ?? sum;
    const conv = producers.get(convolved);
    const flat = producers.get(bias);
    const channels = shapes.get(sum)?.[1];
    const isVector = flat?.op === 'Reshape' && shapes.get(bias)?.join() === `${channels},1,1`;
    const source = isVector ? flat.inputs[0]! : undefined;
    if (conv?.op !== 'Conv' || conv.inputs.length !== 2 || source === undefined) continue;
    // Blocks with channels to spare would need a longer bias.
    if (uses.get(sum) !== 1 || uses.get(convolved) !== 1 || shapes.get(convolved)?.[1] !== channels) continue;
    if (shapes.get(source)?.join() !== String(channels)) continue;
    return { conv, bias: source, ...(after === undefined ? {} : { after }) };
  }
  return undefined;
}

/** Shapes of all values in memory order. */
function shapesOf(model: OnnxModel): Map<string, readonly (number | string)[]> {
  const shapes = new Map<string, readonly (number | string)[]>(model.valueInfo.map((v) => [v.name, v.shape]));
  for (const input of model.inputs) shapes.set(input.name, input.shape);
  for (const [name, tensor] of model.initializers) shapes.set(name, tensor.shape);
  return shapes;
}

/** x·s + b with per-channel s and b is one inference-form BatchNormalization: one pass over memory instead of two. */
function fuseAffine(model: OnnxModel): void {
  const producers = producersOf(model);
  const uses = countUses(model);
  const shapes = shapesOf(model);
  const perChannel = (name: string, channels: number | string | undefined): boolean => {
    const shape = shapes.get(name);
    return shape?.length === 3 && shape[0] === channels && shape[1] === 1 && shape[2] === 1;
  };
  const vectors = new Map<string, string>();
  const nodes: OnnxNode[] = [];
  let made = 0;
  const vector = (name: string, channels: number): string => {
    const producer = producers.get(name);
    const source =
      producer?.op === 'Reshape' && shapes.get(producer.inputs[0]!)?.length === 1 ? producer.inputs[0]! : undefined;
    if (source !== undefined) return source;
    let known = vectors.get(name);
    if (known === undefined) {
      known = `affine/vector_${made++}`;
      model.initializers.set('affine/minus_one', { type: 'int64', shape: [1], data: BigInt64Array.of(-1n) });
      nodes.push({
        op: 'Reshape',
        domain: '',
        name: known,
        inputs: [name, 'affine/minus_one'],
        outputs: [known],
        attributes: {},
      });
      shapes.set(known, [channels]);
      vectors.set(name, known);
    }
    return known;
  };
  const filled = (value: number, channels: number): string => {
    const name = `affine/${value}_${channels}`;
    model.initializers.set(name, { type: 'float32', shape: [channels], data: new Float32Array(channels).fill(value) });
    return name;
  };
  const floats = new Set(model.valueInfo.filter((v) => v.type === 'float32').map((v) => v.name));
  for (const node of model.nodes) {
    const match =
      node.op === 'Add' && floats.has(node.outputs[0]!)
        ? affineOf(node, producers, uses, shapes, perChannel)
        : undefined;
    if (match === undefined) {
      nodes.push(node);
      continue;
    }
    const { x, scale, offset, channels } = match;
    const inputs = [x, vector(scale, channels), vector(offset, channels), filled(0, channels), filled(1, channels)];
    nodes.push({ ...node, op: 'BatchNormalization', inputs, attributes: { epsilon: { kind: 'float', value: 0 } } });
  }
  model.nodes = nodes;
}

function affineOf(
  node: OnnxNode,
  producers: ReadonlyMap<string, OnnxNode>,
  uses: ReadonlyMap<string, number>,
  shapes: ReadonlyMap<string, readonly (number | string)[]>,
  perChannel: (name: string, channels: number | string | undefined) => boolean,
): { x: string; scale: string; offset: string; channels: number } | undefined {
  const [p, q] = node.inputs as [string, string];
  for (const [product, offset] of [
    [p, q],
    [q, p],
  ] as const) {
    const mul = producers.get(product);
    if (mul?.op !== 'Mul' || uses.get(product) !== 1) continue;
    const shape = shapes.get(product);
    const channels = shape?.length === 4 ? shape[1] : undefined;
    if (typeof channels !== 'number' || !perChannel(offset, channels)) continue;
    const [u, v] = mul.inputs as [string, string];
    const full = (name: string): boolean => shapes.get(name)?.join() === shape!.join();
    if (full(u) && perChannel(v, channels)) return { x: u, scale: v, offset, channels };
    if (full(v) && perChannel(u, channels)) return { x: v, scale: u, offset, channels };
  }
  return undefined;
}

/** Pad(a, after) + Pad(b, before) along one axis, where each fills the other's zeros, is a Concat: gradients of slices. */
function joinPaddedHalves(model: OnnxModel): void {
  const producers = producersOf(model);
  const shapes = new Map(model.valueInfo.map((v) => [v.name, v.shape]));
  const padding = (name: string): { source: string; axis: number; before: number; after: number } | undefined => {
    const node = producers.get(name);
    if (node?.op !== 'Pad' || node.inputs.length !== 2 || 'mode' in node.attributes) return undefined;
    const pads = model.initializers.get(node.inputs[1]!)?.data;
    if (pads === undefined) return undefined;
    const rank = pads.length / 2;
    const axes = Array.from({ length: rank }, (_, i) => i).filter(
      (i) => Number(pads[i]) !== 0 || Number(pads[i + rank]) !== 0,
    );
    const axis = axes[0];
    if (axes.length !== 1 || axis === undefined) return undefined;
    return { source: node.inputs[0]!, axis, before: Number(pads[axis]), after: Number(pads[axis + rank]) };
  };
  for (const node of model.nodes) {
    if (node.op !== 'Add') continue;
    const pair = node.inputs.map(padding);
    const [a, b] = pair;
    if (a === undefined || b === undefined || a.axis !== b.axis) continue;
    const [low, high] = a.before === 0 ? [a, b] : [b, a];
    const lowLength = shapes.get(low.source)?.[low.axis];
    const highLength = shapes.get(high.source)?.[high.axis];
    if (low.before !== 0 || high.after !== 0 || low.after !== highLength || high.before !== lowLength) continue;
    node.op = 'Concat';
    node.inputs = [low.source, high.source];
    node.attributes = { axis: { kind: 'int', value: low.axis } };
  }
}
