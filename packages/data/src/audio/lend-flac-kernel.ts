import { compileFlacKernel, FlacKernel } from './flac-kernel.js';

/** Larger ones, of a file with frames of megabytes, are let go. */
const MAX_KEPT_BYTES = 1 << 22;
const MAX_KEPT = 8;

/**
 * What this thread has compiled, and memory nobody reads or writes now: making them takes longer than decoding a clip of a second. The
 * one state this package keeps outside of calls; no result depends on it.
 */
const kept: { module?: object; readonly idle: FlacKernel[] } = { idle: [] };

/** Runs `body` with a kernel that is its own until it ends. */
export async function lendFlacKernel<T>(body: (kernel: FlacKernel) => Promise<T>): Promise<T> {
  const kernel = kept.idle.pop() ?? new FlacKernel((kept.module ??= compileFlacKernel()));
  try {
    return await body(kernel);
  } finally {
    if (kernel.bytes.buffer.byteLength <= MAX_KEPT_BYTES && kept.idle.length < MAX_KEPT) kept.idle.push(kernel);
  }
}
