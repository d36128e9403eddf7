export { calibrate, CALIBRATION_METHODS, type CalibrationMethod, type CalibrationOptions } from './calibrate.js';
export { type NodeFate } from './node-fates.js';
export { type QuantizationParameters, type ValueRange } from './quantization-parameters.js';
export { quantizationReport, type ValueError } from './quantization-report.js';
export { QUANTIZATION_SCHEMES, type QuantizationScheme } from './quantization-scheme.js';
export { explainedQuantization, quantizeStatic, type QuantizeOptions } from './quantize-static.js';
export { outputError, rankLayers, type LayerSensitivity } from './rank-layers.js';
export { simulate } from './simulate/simulate.js';
export { toFloat16 } from './to-float16.js';
