import { type FrontEndPlan, UsageError } from '@asc/core';
import { type GraphBuilder, int, ints, text } from '../trace/graph-builder.js';
import type { Value } from '../trace/value.js';

/** Nodes between the samples and the feature map are named `frontend/…`: the part that must stay in float. */
export const FRONT_END_SCOPE = 'frontend';

/**
 * Appends the front end to the graph: samples (B, S) → feature map (B, F, T, C), the numbers @asc/features computes up to
 * float32 rounding. Framing and FFT are ONNX's STFT; nothing depends on B.
 */
export function frontEndGraph(graph: GraphBuilder, samples: Value, plan: FrontEndPlan): Value {
  graph.scope = FRONT_END_SCOPE;
  const { config } = plan;
  const emphasised = preEmphasis(graph, samples, config.preEmphasis);
  const spectrum = shortTimeSpectrum(graph, emphasised, plan);
  const bands = plan.filterbank === undefined ? spectrum : melBands(graph, spectrum, plan.filterbank);
  const compressed = compress(graph, bands, config.log);
  const stacked = deltas(graph, compressed, plan);
  const map = normalise(graph, stacked, config.normalise);
  graph.scope = '';
  return map;
}

type Float = { readonly shape: readonly number[]; readonly dtype: 'float32' };
const float32 = (shape: readonly number[]): Float => ({ shape, dtype: 'float32' });

function slice(graph: GraphBuilder, x: Value, axis: number, begin: number, end: number): Value {
  const shape = x.shape.map((d, i) => (i === axis ? end - begin : d));
  return graph.op('Slice', [x, graph.int64([begin]), graph.int64([end]), graph.int64([axis])], float32(shape));
}

/** y[n] = x[n] − a·x[n−1], first sample dropped. */
function preEmphasis(graph: GraphBuilder, x: Value, a: number): Value {
  if (a === 0) return x;
  const length = x.shape[1]!;
  const before = graph.op(
    'Mul',
    [slice(graph, x, 1, 0, length - 1), graph.scalar(a)],
    float32([x.shape[0]!, length - 1]),
  );
  return graph.op('Sub', [slice(graph, x, 1, 1, length), before], before);
}

/** (B, S) → (B, T, K) power or magnitude. */
function shortTimeSpectrum(graph: GraphBuilder, x: Value, plan: FrontEndPlan): Value {
  const { config } = plan;
  const [b, samples] = x.shape as [number, number];
  const n = config.fftLength;
  const half = Math.floor(n / 2);
  // Uncentred frames start at the window's first sample; the FFT reads zeros past the window's end.
  const [low, high] = config.center === 'none' ? [0, n - config.windowSamples] : [half, half];
  const padded =
    low + high === 0
      ? x
      : graph.op(
          'Pad',
          [x, graph.int64([0, low, 0, high])],
          float32([b, samples + low + high]),
          config.center === 'reflect' ? { mode: text('reflect') } : {},
        );
  const length = padded.shape[1]!;
  const frames = 1 + Math.floor((length - n) / config.hopSamples);
  if (frames < 1) {
    throw new UsageError({
      what: 'The model’s clip is shorter than one frame.',
      expected: `${n} samples`,
      received: String(samples),
    });
  }
  const bins = half + 1;
  const signal = graph.op('Unsqueeze', [padded, graph.int64([2])], float32([b, length, 1]));
  const window = graph.constant({ data: plan.window, shape: [n], dtype: 'float32' });
  // STFT takes its frame step as an int64 scalar.
  graph.initializers.set(`${FRONT_END_SCOPE}/hop`, {
    type: 'int64',
    shape: [],
    data: BigInt64Array.of(BigInt(config.hopSamples)),
  });
  const complex = graph.op('STFT', [signal, `${FRONT_END_SCOPE}/hop`, window], float32([b, frames, bins, 2]), {
    onesided: int(1),
  });
  const squared = graph.op('Mul', [complex, complex], complex);
  const power = graph.op('ReduceSum', [squared, graph.int64([3])], float32([b, frames, bins]), { keepdims: int(0) });
  return config.spectrum === 'power' ? power : graph.op('Sqrt', [power], power);
}

/** (B, T, K) × (K, F) */
function melBands(graph: GraphBuilder, spectrum: Value, filterbank: Float32Array): Value {
  const [b, t, k] = spectrum.shape as [number, number, number];
  const f = filterbank.length / k;
  const weights = sparseMatrix(graph, filterbank, k, f);
  return graph.op('MatMul', [spectrum, weights], float32([b, t, f]));
}

/**
 * A mostly-zero constant as its non-zero entries, put in place by nodes the runtime folds when it loads the model: a mel
 * bank of 1025 × 128 takes 16 kB in the file instead of 525.
 */
function sparseMatrix(graph: GraphBuilder, dense: Float32Array, rows: number, columns: number): Value {
  const at: number[] = [];
  dense.forEach((w, i) => {
    if (w !== 0) at.push(i);
  });
  const positions = graph.constant({ data: Int32Array.from(at), shape: [at.length], dtype: 'int32' });
  const wide = graph.op('Cast', [positions], { shape: [at.length], dtype: 'int32', type: 'int64' }, { to: int(7) });
  const values = graph.constant({
    data: Float32Array.from(at, (i) => dense[i]!),
    shape: [at.length],
    dtype: 'float32',
  });
  const size = rows * columns;
  const zeros = graph.op('ConstantOfShape', [graph.int64([size])], float32([size]));
  const filled = graph.op('ScatterElements', [zeros, wide, values], float32([size]), { axis: int(0) });
  return graph.reshapePhysical(filled, [rows, columns], float32([rows, columns]));
}

function compress(graph: GraphBuilder, x: Value, log: FrontEndPlan['config']['log']): Value {
  if (log.kind === 'none') return x;
  if (log.kind === 'ln') return graph.op('Log', [graph.op('Add', [x, graph.scalar(log.eps)], x)], x);
  const floored = graph.op('Max', [x, graph.scalar(log.amin)], x);
  const decibels = graph.op('Mul', [graph.op('Log', [floored], x), graph.scalar(10 / Math.LN10)], x);
  if (log.topDb === null) return decibels;
  const peak = graph.op('ReduceMax', [decibels, graph.int64([1, 2])], float32([x.shape[0]!, 1, 1]), {
    keepdims: int(1),
  });
  return graph.op('Max', [decibels, graph.op('Sub', [peak, graph.scalar(log.topDb)], peak)], x);
}

/** (B, T, F) → (B, F′, T, C) with the deltas stacked; edges repeat the nearest full window. */
function deltas(graph: GraphBuilder, x: Value, plan: FrontEndPlan): Value {
  const { order, width, stack } = plan.config.deltas;
  const [b, t, f] = x.shape as [number, number, number];
  const turned = graph.transpose(x.name, [0, 2, 1], float32([b, f, t]));
  const single = graph.op('Unsqueeze', [turned, graph.int64([1])], float32([b, 1, f, t]));
  if (order === 0 || plan.deltaKernel === undefined)
    return { ...single, shape: [b, f, t, 1], layout: 'channels-first' };
  if (t < width) {
    throw new UsageError({
      what: 'The model’s clip is too short for its deltas.',
      expected: `${width} frames`,
      received: String(t),
    });
  }
  // One convolution over time gives every order; its `valid` result is repeated at both ends.
  const kernel = graph.constant({ data: plan.deltaKernel, shape: [order, 1, 1, width], dtype: 'float32' });
  const inner = graph.op('Conv', [single, kernel], float32([b, order, f, t - width + 1]), {
    kernel_shape: ints([1, width]),
  });
  const half = (width - 1) / 2;
  const slopes = graph.op('Pad', [inner, graph.int64([0, 0, 0, half, 0, 0, 0, half])], float32([b, order, f, t]), {
    mode: text('edge'),
  });
  const all = graph.op('Concat', [single, slopes], float32([b, 1 + order, f, t]), { axis: int(1) });
  if (stack === 'channel') return { ...all, shape: [b, f, t, 1 + order], layout: 'channels-first' };
  const bands = f * (1 + order);
  const tall = graph.op('Reshape', [all, graph.int64([b, 1, bands, t])], float32([b, 1, bands, t]));
  return { ...tall, shape: [b, bands, t, 1], layout: 'channels-first' };
}

/** Over time (the last axis in memory) per clip, channel and band. */
function normalise(graph: GraphBuilder, map: Value, config: FrontEndPlan['config']['normalise']): Value {
  if (config.kind === 'none') return map;
  if (config.kind === 'affine') {
    const shifted = graph.op('Sub', [map, graph.scalar(config.offset)], map);
    return graph.op('Div', [shifted, graph.scalar(config.scale)], map);
  }
  const [b, f, t, c] = map.shape as [number, number, number, number];
  const row = { shape: [b, f, 1, c], dtype: 'float32' as const, layout: 'channels-first' as const };
  const mean = graph.op('ReduceMean', [map, graph.int64([3])], row, { keepdims: int(1) });
  const centred = graph.op('Sub', [map, mean], map);
  const energy = graph.op('ReduceMean', [graph.op('Mul', [centred, centred], map), graph.int64([3])], row, {
    keepdims: int(1),
  });
  const unbiased = graph.op('Mul', [energy, graph.scalar(t / Math.max(1, t - 1))], row);
  const deviation = graph.op('Max', [graph.op('Sqrt', [unbiased], row), graph.scalar(config.floor)], row);
  return graph.op('Div', [centred, deviation], map);
}
