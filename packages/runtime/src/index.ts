import { classifierLoader } from './load-classifier.js';
import { nodePlatform } from './node-platform.js';

export * from './public.js';

/** Loads an exported `.onnx` file into a thread of its own. See {@link LoadClassifier}. */
export const loadClassifier = classifierLoader(nodePlatform);
