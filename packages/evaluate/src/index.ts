export { evaluate } from './evaluate.js';
export type { AbstractReport, CalibrationBin, CalibrationReport, ClassReport, GroupReport, Report } from './report.js';
export { DEVICE_GROUPS } from './device-groups.js';
export { formatReport } from './format-report.js';
export { meanOverCrops } from './mean-over-crops.js';
export { meanOverRuns, type RunsReport, type Spread } from './mean-over-runs.js';
export { pairedBootstrap, type JudgedBy, type PairedDifference, type PairedReport } from './paired-bootstrap.js';
export { predictionsFromCsv, predictionsToCsv } from './predictions-csv.js';
export { softmax } from './softmax.js';
