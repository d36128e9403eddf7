import { ndArray } from '@asc/core';
import { OnnxRunner, type OnnxModel } from '@asc/onnx';
import { spreadOf } from './score.js';

/** What the processor can do at most through ONNX Runtime, on as many threads. */
export interface Roofline {
  /** Billions of float32 operations a second, by a large `MatMul`. */
  readonly gflops: number;
  /** Billions of bytes a second, read or written, by a large `Add`. */
  readonly gigabytes: number;
}

const MATRIX = 1024;
const VECTOR = 2 ** 24;
const ROUNDS = 9;
/** Operators in the long graph; the short one has a single one, and the difference leaves out what comes before and behind. */
const CHAIN = 8;

/** Measures both by chains of one operator. */
export async function measureRoofline(threads: number): Promise<Roofline> {
  const product = await secondsOf('MatMul', [MATRIX, MATRIX], threads);
  const sum = await secondsOf('Add', [VECTOR], threads);
  return { gflops: (2 * MATRIX ** 3) / product / 1e9, gigabytes: (3 * 4 * VECTOR) / sum / 1e9 };
}

/** Least seconds of one operator inside a chain of its like. */
async function secondsOf(op: string, shape: readonly number[], threads: number): Promise<number> {
  const size = shape.reduce((product, length) => product * length);
  const feeds = Object.fromEntries(
    ['a', 'b'].map((name) => [name, ndArray('float32', shape, new Float32Array(size).fill(1e-3))]),
  );
  // The threads of the one that waits sleep.
  const options = { threads, workload: 'long' } as const;
  const runners = [
    await OnnxRunner.create(chain(op, shape, 1), options),
    await OnnxRunner.create(chain(op, shape, CHAIN), options),
  ];
  const seconds: number[][] = runners.map(() => []);
  try {
    for (const runner of runners) await runner.run(feeds);
    // By turns: what disturbs one disturbs the other.
    for (let round = 0; round < ROUNDS; round++) {
      for (const [i, runner] of runners.entries()) {
        const started = performance.now();
        await runner.run(feeds);
        seconds[i]?.push((performance.now() - started) / 1000);
      }
    }
  } finally {
    for (const runner of runners) await runner.release();
  }
  const [short = 0, long = 0] = seconds.map((times) => spreadOf(times).min);
  return (long - short) / (CHAIN - 1);
}

function chain(op: string, shape: readonly number[], length: number): OnnxModel {
  const value = (name: string) => ({ name, type: 'float32' as const, shape: [...shape] });
  return {
    irVersion: 8,
    producer: 'bench',
    opsets: { '': 17 },
    graphName: op,
    inputs: [value('a'), value('b')],
    outputs: [value(`y${length}`)],
    valueInfo: [],
    nodes: Array.from({ length }, (_, i) => ({
      op,
      domain: '',
      name: `n${i}`,
      inputs: [i === 0 ? 'a' : `y${i}`, 'b'],
      outputs: [`y${i + 1}`],
      attributes: {},
    })),
    initializers: new Map(),
    metadata: {},
  };
}

/** What holds work back that takes `seconds`. */
export interface Limit {
  /** Operations a second over the most there is. */
  readonly compute: number;
  /** Bytes a second over the most there is; above 1 where caches serve them. */
  readonly memory: number;
  readonly by: 'operations' | 'bytes' | 'overhead';
}

/** Of operations and bytes, the one nearer to its roof; neither of them where both are below half of it. */
export function limitOf(
  work: { readonly operations: number; readonly bytes: number; readonly seconds: number },
  roof: Roofline,
): Limit {
  const compute = work.operations / work.seconds / 1e9 / roof.gflops;
  const memory = work.bytes / work.seconds / 1e9 / roof.gigabytes;
  const by = Math.max(compute, memory) < 0.5 ? 'overhead' : compute >= memory ? 'operations' : 'bytes';
  return { compute, memory, by };
}
