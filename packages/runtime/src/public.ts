export type { Classification, SceneProbability } from './classification.js';
export type { Classifier, ClassifyOptions } from './classifier.js';
export { isSilent } from './is-silent.js';
export { MOST_WINDOWS, type LoadClassifier } from './load-classifier.js';
export { MapJudge, type GraphRunner, type HeardWindows } from './map-judge.js';
export type { LoadOptions, PageWorker } from './platform.js';
export type { SceneDecision, SceneStream, StreamOptions } from './scene-stream.js';
export { fitToWindow, isLonger, windowsOf, windowStarts, windowsToCover } from './window.js';
export type { WasmPaths } from './worker-protocol.js';
