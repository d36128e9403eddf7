/**
 * How an operator takes part in an 8-bit graph:
 * - `conv`, `gemm`, `matmul`: int8 weights where the second input is a constant;
 * - `own`: its output has a range of its own;
 * - `share`: moves or picks numbers, so the output has the parameters of its first input;
 * - `clip`: dropped where the zero point and range of the quantized output already do what it does;
 * - `max`: as `share`, over all inputs, where activations are uint8; between DQ and Q otherwise.
 */
export type OperatorRule = 'conv' | 'gemm' | 'matmul' | 'own' | 'share' | 'clip' | 'max';

/**
 * The operators ONNX Runtime 1.30 runs on 8 bits when they stand between DequantizeLinear and QuantizeLinear (tried one by
 * one on x64). Everything else stays float32. Softmax stays float32 on purpose, and so does a Sigmoid
 * that gives the answer: steps of 1/255 would spoil the log loss.
 */
export const OPERATOR_RULES: Readonly<Record<string, OperatorRule>> = {
  Conv: 'conv',
  Gemm: 'gemm',
  MatMul: 'matmul',
  Add: 'own',
  Mul: 'own',
  Sigmoid: 'own',
  LeakyRelu: 'own',
  Concat: 'own',
  AveragePool: 'own',
  GlobalAveragePool: 'own',
  MaxPool: 'share',
  ReduceMax: 'share',
  Reshape: 'share',
  Flatten: 'share',
  Squeeze: 'share',
  Unsqueeze: 'share',
  Transpose: 'share',
  Slice: 'share',
  Split: 'share',
  Gather: 'share',
  Expand: 'share',
  Tile: 'share',
  Identity: 'share',
  Relu: 'clip',
  Clip: 'clip',
  Max: 'max',
};
