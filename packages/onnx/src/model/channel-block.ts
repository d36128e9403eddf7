import { BLOCKED_DOMAIN } from '../trace/graph-builder.js';
import { encodeOnnx } from './encode-onnx.js';
import { importOnnxRuntime } from './import-onnx-runtime.js';
import type { OnnxModel } from './onnx-model.js';

/** The least a blocked order takes. */
const CHANNELS = 4;

/** Reorders (1, 4, 1, 1). */
const REORDER: OnnxModel = {
  irVersion: 8,
  producer: 'asc',
  opsets: { '': 18, [BLOCKED_DOMAIN]: 1 },
  graphName: 'reorder',
  inputs: [{ name: 'x', type: 'float32', shape: [1, CHANNELS, 1, 1] }],
  outputs: [{ name: 'y', type: 'float32', shape: [1, 'block', 1, 1] }],
  valueInfo: [],
  nodes: [{ op: 'ReorderInput', domain: BLOCKED_DOMAIN, name: 'y', inputs: ['x'], outputs: ['y'], attributes: {} }],
  initializers: new Map(),
  metadata: {},
};

/**
 * How many channels ONNX Runtime's blocked order puts side by side on this processor, by its own word: so many come back when
 * fewer are reordered. 16 with registers of 512 bits, 8 with 256; undefined where it has no blocked order.
 */
export async function channelBlock(): Promise<number | undefined> {
  const { InferenceSession, Tensor } = await importOnnxRuntime();
  try {
    // Fatal errors only: that there is no such operator is an answer.
    const session = await InferenceSession.create(encodeOnnx(REORDER), { intraOpNumThreads: 1, logSeverityLevel: 4 });
    try {
      const { y } = await session.run({ x: new Tensor('float32', new Float32Array(CHANNELS), [1, CHANNELS, 1, 1]) });
      return y?.dims[1];
    } finally {
      await session.release();
    }
  } catch {
    return undefined;
  }
}
