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
export { OnnxRunner, type RunnerOptions } from './model/onnx-runner.js';
export type { RunnerSpec } from './model/session-runner.js';
export { getModelCard, setModelCard } from './model/model-card.js';
export { compileStep, loweringsFor } from './compile-step.js';
export { eagerRandom } from './random-source.js';
export { ENGINES, type CompiledStep, type Engine, type StepFunction, type StepOptions } from './step.js';
export type { ExecutionProvider } from './model/execution-provider.js';
export { DEFAULT_LOWERINGS } from './trace/lowerings/index.js';
export type { GradientOverride, Lowering, LoweringContext, LoweringTable, Operands } from './trace/lowering.js';
export { TRACED_GRADIENTS } from './trace/gradients.js';
export { trace, type Draw, type LayerLike, type Trace, type TraceOptions } from './trace/trace.js';
export type { Constant, Layout, Value } from './trace/value.js';
export { exportOnnx, type ExportableModel, type ExportOptions } from './export/export-onnx.js';
export { FRONT_END_SCOPE } from './export/front-end-graph.js';
export { GraphCall, type GraphOperator, type GraphOperatorTable } from './graph/graph-call.js';
export {
  graphFunction,
  type GraphFunction,
  type GraphFunctionOptions,
  type NamedTensors,
} from './graph/graph-function.js';
export { learntConstants } from './graph/learnt-constants.js';
export { takesMeans } from './graph/takes-means.js';
export { GRAPH_OPERATORS } from './graph/operators/index.js';
