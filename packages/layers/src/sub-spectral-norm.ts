import { checkPositiveInteger, UsageError } from '@asc/core';
import { layers, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { BatchNorm } from './batch-norm.js';

/** Name and sub-bands of {@link subSpectralNorm}. */
export interface SubSpectralNormConfig {
  /** Name of the batch norm, and the start of the names of the layers that rearrange. */
  readonly name: string;
  /** Equal groups of neighbouring bands (S), each with its own statistics, γ and β; divides F. */
  readonly subBands: number;
}

/**
 * Batch normalisation that treats each of S sub-bands of a channel as a channel of its own.
 *
 * (B, F, T, C) → same, with 2·S·C learnt numbers. Weight c·S + s belongs to channel c, sub-band s: the order PyTorch code
 * gets by viewing (B, C, F, T) as (B, C·S, F/S, T). Source: Chang et al. 2021, "SubSpectral normalization for neural audio
 * data processing".
 *
 * @throws UsageError when S does not divide F.
 */
export function subSpectralNorm(x: SymbolicTensor, config: SubSpectralNormConfig): SymbolicTensor {
  const { name } = config;
  const subBands = checkPositiveInteger('subBands', config.subBands);
  const [, bands, frames, channels] = x.shape as [number | null, number, number, number];
  if (bands % subBands !== 0) {
    throw new UsageError({
      what: `Sub-spectral norm "${name}" cannot cut its bands into equal groups.`,
      expected: `a multiple of ${subBands} bands`,
      received: `${bands}`,
      hint: 'Choose a number of mel bands that the sub-bands still divide after all pooling.',
    });
  }
  const width = bands / subBands;
  const arrange = (y: SymbolicTensor, step: string, targetShape: number[]): SymbolicTensor =>
    layers.reshape({ name: `${name}_${step}`, targetShape }).apply(y) as SymbolicTensor;
  const permute = (y: SymbolicTensor, step: string, dims: number[]): SymbolicTensor =>
    layers.permute({ name: `${name}_${step}`, dims }).apply(y) as SymbolicTensor;
  // (B, S, F/S, T, C) → (B, F/S, T, C, S) → (B, F/S, T, C·S) and back
  const cut = permute(arrange(x, 'cut', [subBands, width, frames, channels]), 'to_channels', [2, 3, 4, 1]);
  const normalised = new BatchNorm({ name }).apply(arrange(cut, 'flatten', [width, frames, channels * subBands]));
  const open = arrange(normalised, 'open', [width, frames, channels, subBands]);
  return arrange(permute(open, 'to_bands', [4, 1, 2, 3]), 'join', [bands, frames, channels]);
}
