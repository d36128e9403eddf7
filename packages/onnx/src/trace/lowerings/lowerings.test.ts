import type { Tensor } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { NdArray } from '@asc/core';
import { channelBlock } from '../../model/channel-block.js';
import type { LoweringTable } from '../lowering.js';
import { processorLowerings } from './processor.js';
import {
  expectSame,
  makeArray,
  notingKernels,
  runEager,
  runTraced,
  throughConv,
  useCpuBackend,
} from '../traced.test.helper.js';
import { ARRANGEMENT_CASES } from './arrangement.test.cases.js';
import type { LoweringCase } from './case.test.helper.js';
import { CONVOLUTION_CASES } from './convolution.test.cases.js';
import { ELEMENTWISE_CASES } from './elementwise.test.cases.js';
import { DEFAULT_LOWERINGS } from './index.js';
import { GRADIENT_CASES } from './gradient.test.cases.js';
import { MATRIX_CASES } from './matrix.test.cases.js';
import { NORMALISATION_CASES } from './normalisation.test.cases.js';
import { POOLING_CASES } from './pooling.test.cases.js';
import { REDUCTION_CASES } from './reduction.test.cases.js';

const FAMILIES: Readonly<Record<string, readonly LoweringCase[]>> = {
  elementwise: ELEMENTWISE_CASES,
  reduction: REDUCTION_CASES,
  arrangement: ARRANGEMENT_CASES,
  convolution: CONVOLUTION_CASES,
  pooling: POOLING_CASES,
  matrix: MATRIX_CASES,
  normalisation: NORMALISATION_CASES,
  gradient: GRADIENT_CASES,
};

/** Which of the rank-4 inputs lie channels-first: all plain, all turned, and where there are two, each alone. */
function layouts({ inputs }: LoweringCase): boolean[][] {
  const maps = inputs.map(({ shape }) => shape.length === 4);
  const count = maps.filter(Boolean).length;
  const plain = inputs.map(() => false);
  if (count === 0) return [plain];
  if (count === 1) return [plain, maps];
  return [plain, maps, ...maps.flatMap((isMap, i) => (isMap ? [maps.map((_, k) => k === i)] : []))];
}

const lowered = new Set<string>();
const table = notingKernels(lowered);

/** Families of which a processor has some faster. */
const FASTER = ['reduction', 'convolution', 'pooling', 'gradient'];
let processor: LoweringTable;

beforeAll(async () => {
  await useCpuBackend();
  processor = { ...DEFAULT_LOWERINGS, ...processorLowerings(await channelBlock()) };
});

describe.each(Object.entries(FAMILIES))('%s: traced is what tfjs computes', (family, cases) => {
  test.each(cases.map((c) => [c.title, c] as const))('%s', async (title, c) => {
    const inputs = c.inputs.map((numbers, i) => makeArray(numbers, `${title}/${i}`));
    const expected = runEager(c.reference ?? c.fn, inputs);
    // One graph holds the case in every memory order, each operand turned where its order says so.
    const orders = layouts(c);
    const fn = (...xs: Parameters<typeof c.fn>): Tensor[] =>
      orders.flatMap((turned) => c.fn(...xs.map((x, i) => (turned[i] === true ? throughConv(x) : x))));
    const count = Object.keys(expected).length;
    const tables = FASTER.includes(family) ? [table, processor] : [table];
    const results: NdArray[] = [];
    for (const lowerings of tables) results.push(...Object.values(await runTraced(fn, inputs, { lowerings })));
    expect(results).toHaveLength(tables.length * orders.length * count);
    [...orders, ...(tables.length > 1 ? orders : [])].forEach((turned, k) => {
      const own = results.slice(k * count, (k + 1) * count);
      try {
        expectSame(Object.fromEntries(own.map((array, i) => [`y${i}`, array])), expected, c);
      } catch (error) {
        const message = `operands turned: ${turned.join()}\n${(error as Error).message}`;
        throw new Error(message, { cause: error });
      }
    });
  });
});

test('every kernel of the default table was lowered by one of these cases', () => {
  expect(Object.keys(DEFAULT_LOWERINGS).filter((name) => !lowered.has(name))).toEqual([]);
});
