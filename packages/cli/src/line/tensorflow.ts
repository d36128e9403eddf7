// Weights live in tfjs tensors; any backend will do, since the heavy work is not done there.
import '@tensorflow/tfjs-backend-cpu';
import { enableProdMode } from '@tensorflow/tfjs-core';

// Keeps tfjs from advertising its native binding.
enableProdMode();
