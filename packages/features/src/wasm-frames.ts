import { DataError, type FrontEndConfig } from '@asc/core';
import { deltaRowKernel } from './delta-kernel.js';
import { deltaKernels, fillEdges } from './deltas.js';
import type { FrameEngine } from './frame-engine.js';
import { frameKernel } from './frame-kernel.js';
import { kernelTables } from './kernel-tables.js';
import { emphasisedSamples, padEdges, paddingSamples } from './framing.js';
import { emphasisKernel } from './emphasis-kernel.js';
import { assembleModule, wasmApi, type WasmMemory } from '@asc/core/wasm';

/** {@link frameKernel} and {@link emphasisKernel}. */
interface Kernels {
  frames(signal: number, hop: number, count: number, out: number, rowBytes: number, scaled: number): void;
  emphasise(from: number, to: number, end: number, a: number): void;
}

/** {@link deltaRowKernel} */
type DeltaRow = (from: number, to: number, end: number) => void;

const PAGE_BYTES = 65536;
const SMALLEST = 16;
const LARGEST = 16384;
/** The smallest float64 the logarithm of the kernel takes. */
const SMALLEST_NORMAL = 2 ** -1022;

/**
 * Frames by WebAssembly; `undefined` where it cannot be: an FFT that is no power of two from 16 to 16384, a logarithm of
 * subnormal numbers, or a place without WebAssembly SIMD (an old browser, a page whose policy forbids compiling).
 */
export function makeWasmFrames(config: FrontEndConfig): FrameEngine | undefined {
  const { fftLength, log } = config;
  const fits = fftLength >= SMALLEST && fftLength <= LARGEST && Number.isInteger(Math.log2(fftLength));
  const floor = log.kind === 'ln' ? log.eps : log.kind === 'db' ? log.amin : 1;
  if (!fits || floor < SMALLEST_NORMAL) return undefined;
  try {
    return new WasmFrames(config);
  } catch {
    return undefined;
  }
}

class WasmFrames implements FrameEngine {
  readonly bins: number;
  readonly emptyBands: readonly number[];
  readonly #config: FrontEndConfig;
  readonly #memory: WasmMemory;
  readonly #kernels: Kernels;
  readonly #deltas: readonly DeltaRow[];
  readonly #scales: number;
  /** Where the signal lies, and where the frames go. */
  readonly #signal: number;
  #out = 0;

  constructor(config: FrontEndConfig) {
    const { Memory, Module, Instance } = wasmApi();
    const tables = kernelTables(config);
    this.#config = config;
    this.bins = config.fftLength / 2 + 1;
    this.emptyBands = tables.emptyBands;
    this.#scales = tables.layout.scales;
    this.#signal = tables.end;
    this.#memory = new Memory({ initial: Math.ceil(tables.end / PAGE_BYTES) });
    for (const [at, table] of tables.contents) {
      new (table.constructor as Float64ArrayConstructor)(this.#memory.buffer, at, table.length).set(table);
    }
    const deltas = deltaKernels(config.deltas).map((kernel, i) => deltaRowKernel(`delta${i + 1}`, kernel));
    const module = new Module(assembleModule([frameKernel(config, tables.layout), emphasisKernel(), ...deltas]));
    const { exports } = new Instance(module, { env: { memory: this.#memory } });
    this.#kernels = exports as unknown as Kernels;
    this.#deltas = deltas.map(({ name }) => exports[name] as DeltaRow);
  }

  load(samples: Float32Array): void {
    const config = this.#config;
    const length = emphasisedSamples(config, samples.length);
    const padding = paddingSamples(config);
    const signal = this.#reserve(length + 2 * padding, 4 * (samples.length + 1));
    if (config.preEmphasis === 0) signal.set(samples, padding);
    else {
      const raw = new Float32Array(this.#memory.buffer, this.#out, samples.length + 1);
      raw.set(samples);
      // Where the count is odd, this one is computed with too, before the edges are written over it.
      raw[samples.length] = 0;
      const to = this.#signal + 8 * padding;
      this.#kernels.emphasise(this.#out + 4, to, to + 8 * length, config.preEmphasis);
    }
    padEdges(config, signal, length);
  }

  loadPadded(samples: Float64Array): void {
    this.#reserve(samples.length).set(samples);
  }

  /** Room for the signal, zeros after it, and `moreBytes` at `#out`. */
  #reserve(samples: number, moreBytes = 0): Float64Array {
    // A window is read as a whole frame.
    const length = samples + this.#config.fftLength;
    this.#out = this.#signal + 8 * length;
    this.#grow(this.#out + moreBytes);
    return new Float64Array(this.#memory.buffer, this.#signal, length).fill(0, samples);
  }

  analyse(start: number, count: number, binScales?: Float32Array): Float32Array {
    const { bands, hopSamples } = this.#config;
    const columns = count + (count % 2);
    // And a row for deltas, behind the frames.
    this.#grow(this.#out + 4 * (bands + 1) * columns);
    const { buffer } = this.#memory;
    if (binScales !== undefined) new Float64Array(buffer, this.#scales, this.bins).set(binScales);
    this.#kernels.frames(
      this.#signal + 8 * start,
      8 * hopSamples,
      count,
      this.#out,
      4 * columns,
      binScales === undefined ? 0 : 1,
    );
    return new Float32Array(buffer, this.#out, bands * columns);
  }

  delta(order: number, band: number, count: number): Float32Array {
    const { bands, deltas } = this.#config;
    const columns = count + (count % 2);
    const half = (deltas.width - 1) / 2;
    const whole = count - 2 * half;
    const from = this.#out + 4 * band * columns;
    const row = this.#out + 4 * bands * columns;
    const to = row + 4 * half;
    // Where the count is odd, one more is computed, over the edge that is filled next.
    this.#deltas[order - 1]!(from, to, to + 4 * (whole + (whole % 2)));
    return fillEdges(new Float32Array(this.#memory.buffer, row, count), half);
  }

  #grow(bytes: number): void {
    const missing = bytes - this.#memory.buffer.byteLength;
    if (missing <= 0) return;
    try {
      this.#memory.grow(Math.ceil(missing / PAGE_BYTES));
    } catch (cause) {
      throw new DataError(
        {
          what: 'The clip does not fit into memory in one piece.',
          expected: 'at most 4 GiB of float64 samples and frames',
          received: `${(bytes / 2 ** 30).toFixed(1)} GiB`,
          hint: 'Cut the recording into clips, or use createStream.',
        },
        { cause },
      );
    }
  }
}
