import { BatchNorm, Conv2D, Dense, Dropout, MaxPool2D } from '@asc/layers';
import { layers, type SymbolicTensor } from '@tensorflow/tfjs-layers';

/** Keras' batch norm: ε 1e-3, the newest batch weighs 1 %. */
const KERAS_NORM = { epsilon: 1e-3, momentum: 0.01 };
const DROPOUT = 0.3;

/** 7×7 convolution with bias, same size: (B, F, T, C) → (B, F, T, filters). */
export function wideConv(x: SymbolicTensor, name: string, filters: number, seed: number): SymbolicTensor {
  return new Conv2D({ name: `${name}_conv`, filters, kernelSize: 7, padding: [3, 3, 3, 3], seed }).apply(x);
}

/** Batch norm with Keras' constants. */
export function kerasNorm(x: SymbolicTensor, name: string): SymbolicTensor {
  return new BatchNorm({ name: `${name}_norm`, ...KERAS_NORM }).apply(x);
}

/** Any shape → same. */
export function relu(x: SymbolicTensor, name: string): SymbolicTensor {
  return layers.reLU({ name: `${name}_relu` }).apply(x) as SymbolicTensor;
}

/** Max pooling by `poolSize` [frequency, time], then dropout of 30 %. */
export function poolAndDrop(x: SymbolicTensor, name: string, poolSize: readonly [number, number]): SymbolicTensor {
  const pooled = new MaxPool2D({ name: `${name}_pool`, poolSize }).apply(x);
  return new Dropout({ name: `${name}_drop`, rate: DROPOUT }).apply(pooled);
}

/** Flatten, dense 100 with ReLU, dropout of 30 %, dense: (B, F, T, C) → logits (B, Y). */
export function flatHead(x: SymbolicTensor, classes: number, seed: number): SymbolicTensor {
  const flat = layers.flatten({ name: 'flatten' }).apply(x) as SymbolicTensor;
  const hidden = relu(new Dense({ name: 'hidden', units: 100, seed }).apply(flat), 'hidden');
  const dropped = new Dropout({ name: 'hidden_drop', rate: DROPOUT }).apply(hidden);
  return new Dense({ name: 'scene', units: classes, seed }).apply(dropped);
}
