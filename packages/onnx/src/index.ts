export {
  ONNX_TYPE,
  type OnnxAttribute,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
  type OnnxType,
  type OnnxValueInfo,
} from './model/onnx-model.js';
export { decodeOnnx } from './model/decode-onnx.js';
export { encodeOnnx } from './model/encode-onnx.js';
export { readOnnxFile, writeOnnxFile } from './model/onnx-file.js';
export { OnnxRunner, type RunnerOptions, type RunnerSpec } from './model/onnx-runner.js';
export { getModelCard, setModelCard } from './model/model-card.js';
