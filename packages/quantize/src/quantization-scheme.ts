/** Types of an 8-bit graph: activations, then weights; `s8` is int8, `u8` is uint8. */
export type QuantizationScheme = 's8s8' | 'u8s8' | 'u8u8';

/** Every scheme by name. */
export const QUANTIZATION_SCHEMES = ['s8s8', 'u8s8', 'u8u8'] as const satisfies readonly QuantizationScheme[];

/** How a scheme stores numbers. */
export interface SchemeTypes {
  readonly activation: 'int8' | 'uint8';
  /** int8 weights are symmetric with a scale per output channel, uint8 ones asymmetric with one scale. */
  readonly weight: 'int8' | 'uint8';
}

/**
 * Types of each scheme. Unsigned weights have one scale because the convolution of ONNX Runtime wants one zero point for all
 * channels.
 */
export const SCHEME_TYPES: Readonly<Record<QuantizationScheme, SchemeTypes>> = {
  s8s8: { activation: 'int8', weight: 'int8' },
  u8s8: { activation: 'uint8', weight: 'int8' },
  u8u8: { activation: 'uint8', weight: 'uint8' },
};
