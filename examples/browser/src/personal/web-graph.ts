import { SessionRunner, type OrtModule } from '@asc/onnx/model';
import * as ort from 'onnxruntime-web/wasm';

/** Opens a graph in onnxruntime-web, on the thread it is called from. */
export async function openWebGraph(bytes: Uint8Array): Promise<SessionRunner> {
  // More threads need cross-origin isolation, which plain file servers do not give.
  ort.env.wasm.numThreads = 1;
  return SessionRunner.load(ort as unknown as OrtModule, bytes, { logSeverityLevel: 3 });
}
