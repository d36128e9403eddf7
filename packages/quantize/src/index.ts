export { calibrate, type CalibrationOptions } from './calibrate.js';
export { type QuantizationParameters, type ValueRange } from './quantization-parameters.js';
export { quantizationReport, type ValueError } from './quantization-report.js';
export { quantizeStatic, type QuantizeOptions } from './quantize-static.js';
export { toFloat16 } from './to-float16.js';
