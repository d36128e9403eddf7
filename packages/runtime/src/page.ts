import { classifierLoader } from './load-classifier.js';
import { pagePlatform } from './page-platform.js';

export * from './public.js';

/** Loads an exported `.onnx` file into a web worker of its own. See {@link LoadClassifier}. */
export const loadClassifier = classifierLoader(pagePlatform);
