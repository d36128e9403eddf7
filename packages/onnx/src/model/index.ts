export {
  ONNX_TYPE,
  type OnnxAttribute,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
  type OnnxType,
  type OnnxValueInfo,
} from './onnx-model.js';
export { decodeOnnx } from './decode-onnx.js';
export { encodeOnnx } from './encode-onnx.js';
export { getModelCard, setModelCard } from './model-card.js';
export { SessionRunner, type OrtModule, type RunnerSpec } from './session-runner.js';
