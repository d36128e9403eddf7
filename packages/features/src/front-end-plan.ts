import type { FrontEndConfig, FrontEndPlan } from '@asc/core';
import { deltaKernels } from './deltas.js';
import { filterbankOf } from './mel-filterbank.js';
import { windowOffset } from './framing.js';
import { makeWindow } from './windows.js';

/** The numbers a checked configuration stands for: window (N), filterbank (K, F), delta kernels (order, width). */
export function frontEndPlan(config: FrontEndConfig): FrontEndPlan {
  const window = new Float32Array(config.fftLength);
  window.set(makeWindow(config.window, config.windowSamples), windowOffset(config));
  const dense = filterbankOf(config);
  const { order, width } = config.deltas;
  const kernels = new Float32Array(order * width);
  deltaKernels(config.deltas).forEach((kernel, i) => kernels.set(kernel, i * width));
  return {
    config,
    window,
    filterbank: dense && Float32Array.from(dense),
    deltaKernel: order === 0 ? undefined : kernels,
  };
}
