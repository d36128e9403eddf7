/** The integers behind a dequantized value: x = (q − zeroPoint) · scale. */
export interface Code {
  readonly integers: Int32Array;
  /** One, or one per channel of a weight. */
  readonly scales: Float32Array;
  readonly zeroPoint: number;
}

/** A value during simulation: float32 numbers, or integers of any width; with the integers it was dequantized from. */
export interface SimValue {
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array;
  readonly code?: Code;
}

/** How a QuantizeLinear rounds. */
export interface QuantizeTo {
  readonly scale: number;
  readonly zeroPoint: number;
  readonly min: number;
  readonly max: number;
}
