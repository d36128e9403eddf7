import { readFileSync } from 'node:fs';
import { ndArray, type NdArrays } from '@asc/core';
import { decodeOnnx, OnnxRunner, type OnnxModel, type OnnxNode } from '@asc/onnx';

/** What `golden/make/quantize.py` writes. */
export interface Golden {
  readonly shape: number[];
  readonly feeds: number;
  readonly percentile: number;
  /** Per calibration and value. */
  readonly ranges: Record<string, Record<string, [number, number]>>;
  /** Scale and zero point of int8, per calibration and value. */
  readonly parameters: Record<string, Record<string, [number, number]>>;
  /** Range, and error of each share of it, per value. */
  readonly leastError: Record<string, { readonly range: [number, number]; readonly errors: number[] }>;
  readonly logits: { readonly float: number[][]; readonly int8: number[][] };
}

export interface QuantizeGoldens {
  readonly golden: Golden;
  readonly float: OnnxModel;
  /** S8S8, by onnxruntime's quantizer. */
  readonly python: OnnxModel;
  readonly pythonU8S8: OnnxModel;
  readonly pythonU8U8: OnnxModel;
  readonly feeds: NdArrays[];
}

export function quantizeGoldens(): QuantizeGoldens {
  const read = (file: string): Buffer => readFileSync(new URL(`../../../golden/quantize/${file}`, import.meta.url));
  const golden = JSON.parse(read('golden.json').toString('utf8')) as Golden;
  const all = new Float32Array(Uint8Array.from(read('feeds.bin')).buffer);
  const size = all.length / golden.feeds;
  const feeds = Array.from({ length: golden.feeds }, (_, i) => ({
    x: ndArray('float32', golden.shape, all.slice(i * size, (i + 1) * size)),
  }));
  return {
    golden,
    float: decodeOnnx(read('float.onnx')),
    python: decodeOnnx(read('python-int8.onnx')),
    pythonU8S8: decodeOnnx(read('python-u8s8.onnx')),
    pythonU8U8: decodeOnnx(read('python-u8u8.onnx')),
    feeds,
  };
}

export interface DequantizeConstants {
  scale: number[];
  zero: number[];
  integers: number[] | undefined;
}

/** Scale, zero point and, for weights, integers of each quantized value, by its name in the float model. */
export function constantsOfDequantize(model: OnnxModel): Map<string, DequantizeConstants> {
  const producers = new Map(model.nodes.flatMap((n) => n.outputs.map((output) => [output, n] as const)));
  const numbers = (name = ''): number[] | undefined => {
    const data = model.initializers.get(name)?.data;
    return data === undefined ? undefined : Array.from(data, Number);
  };
  const found = new Map<string, DequantizeConstants>();
  for (const n of model.nodes) {
    if (n.op !== 'DequantizeLinear') continue;
    const name = (producers.get(n.inputs[0] ?? '')?.inputs[0] ?? usedAs(model, n)).replace(
      /_QuantizeLinear_Input$/,
      '',
    );
    found.set(name, {
      scale: numbers(n.inputs[1]) ?? [],
      zero: numbers(n.inputs[2]) ?? [],
      integers: numbers(n.inputs[0]),
    });
  }
  return found;
}

/** Constants have other names in the two models: use the node that reads them. */
function usedAs(model: OnnxModel, dequantize: OnnxNode): string {
  const user = model.nodes.find(({ inputs }) => inputs.includes(dequantize.outputs[0] ?? ''));
  return `${dequantize.outputs[0] === user?.inputs[1] ? 'weight' : 'bias'} of ${user?.name}`;
}

/** Outputs `logits` of every feed, one after the other. */
export async function runAll(model: OnnxModel, feeds: readonly NdArrays[]): Promise<number[]> {
  const runner = await OnnxRunner.create(model, { threads: 1 });
  const logits: number[] = [];
  for (const feed of feeds) logits.push(...((await runner.run(feed))['logits']?.data ?? []));
  await runner.release();
  return logits;
}
