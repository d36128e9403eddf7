import type { PackedError, Waveform } from '@asc/core';
import type { JudgedWindow } from './window-judge.js';

/** Where the files of onnxruntime-web lie: the folder, or each file. */
export type WasmPaths = string | { readonly mjs?: string; readonly wasm?: string };

/** What a worker is asked: first of all to load a model, then about windows. */
export type WorkerRequest =
  | {
      readonly kind: 'load';
      readonly bytes: Uint8Array;
      readonly threads: number | undefined;
      readonly wasmPaths: WasmPaths | undefined;
    }
  | { readonly kind: 'judge'; readonly windows: readonly Waveform[] };

/** A request on its way. */
export interface WorkerCall {
  readonly id: number;
  readonly request: WorkerRequest;
}

/** Its outcome on the way back; loading gives no windows. */
export type WorkerReply =
  | { readonly id: number; readonly ok: true; readonly judged: readonly JudgedWindow[] }
  | { readonly id: number; readonly ok: false; readonly error: PackedError };

/** Asks a thread to end once the call in hand is finished: ONNX Runtime takes the whole process along when its thread is killed. */
export const END = 'end';
