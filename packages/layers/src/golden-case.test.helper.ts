import { expectClose, readGolden, seededDraws } from '@asc/testing';
import { expect } from '@jest/globals';
import { tensor, tidy, valueAndGrads, type Tensor, type Variable } from '@tensorflow/tfjs-core';
import { input, model, type LayersModel, type SymbolicTensor } from '@tensorflow/tfjs-layers';

export interface Packed {
  readonly shape: number[];
  readonly data: number[];
}

/** One case of golden/layers: a module's values and gradients of ⟨module(x), projection⟩ by PyTorch. */
export interface GoldenCase {
  readonly x: Packed;
  readonly projection: Packed;
  readonly y: Packed;
  readonly dx: Packed;
  readonly weights: Record<string, Packed>;
  readonly gradients: Record<string, Packed>;
  readonly running?: Record<string, Packed>;
  /** Uniform numbers in the order a random layer asks for them. */
  readonly draws?: readonly Packed[];
}

/** float32 on both sides, sums of up to a few hundred terms in different orders. */
export const TOLERANCE = { rtol: 1e-4, atol: 1e-5 };

export function readCases(file: string): Record<string, GoldenCase> {
  const url = new URL(`../../../golden/layers/${file}`, import.meta.url);
  return readGolden<{ cases: Record<string, GoldenCase> }>(url).cases;
}

export const unpack = ({ shape, data }: Packed): Tensor => tensor(data, shape, 'float32');

function network(build: (x: SymbolicTensor) => unknown, shape: number[]): LayersModel {
  const features = input({ shape: shape.slice(1) });
  return model({ inputs: features, outputs: build(features) as SymbolicTensor });
}

/** Hands out the stored numbers one by one; where there are none, any. */
function replay(draws: readonly Packed[] | undefined): unknown {
  if (draws === undefined) return seededDraws('draws');
  const left = [...draws];
  return {
    uniform: (shape: readonly number[]): Tensor => {
      const next = left.shift()!;
      expect(shape).toEqual(next.shape);
      return unpack(next);
    },
  };
}

/** Output, gradients and running statistics of what `build` makes equal PyTorch's. */
export function checkCase(golden: GoldenCase, build: (x: SymbolicTensor) => unknown): void {
  const net = network(build, golden.x.shape);
  const byName = new Map(net.weights.map((weight) => [weight.originalName, weight]));
  for (const [key, value] of Object.entries(golden.weights)) byName.get(key)!.write(unpack(value));
  tidy(() => {
    const variables = net.trainableWeights.map((weight) => weight.read() as Variable);
    const random = replay(golden.draws);
    const forward = (...tensors: Tensor[]): Tensor => net.apply(tensors[0]!, { training: true, random }) as Tensor;
    const { value, grads } = valueAndGrads(forward)([unpack(golden.x), ...variables], unpack(golden.projection));
    expect(value.shape).toEqual(golden.y.shape);
    expectClose(value.dataSync(), golden.y.data, { ...TOLERANCE, what: 'output' });
    expectClose(grads[0]!.dataSync(), golden.dx.data, { ...TOLERANCE, what: 'input gradient' });
    expect(net.trainableWeights.map((weight) => weight.originalName).sort()).toEqual(
      Object.keys(golden.weights).sort(),
    );
    for (const [i, weight] of net.trainableWeights.entries()) {
      const expected = golden.gradients[weight.originalName]!;
      expect(grads[i + 1]!.shape).toEqual(expected.shape);
      expectClose(grads[i + 1]!.dataSync(), expected.data, {
        ...TOLERANCE,
        what: `gradient of ${weight.originalName}`,
      });
    }
  });
  for (const [key, value] of Object.entries(golden.running ?? {})) {
    expectClose(byName.get(key)!.read().dataSync(), value.data, { ...TOLERANCE, what: key });
  }
}
