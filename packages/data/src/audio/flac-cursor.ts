import type { ByteSource } from './byte-source.js';
import { FlacBits, OutOfBytes } from './flac-bits.js';
import type { FlacFrame } from './flac-frame.js';
import type { FlacKernel } from './flac-kernel.js';
import { NotAFrame } from './flac-subframe.js';

const WINDOW_BYTES = 1 << 18;
/** No frame of 65535 samples, 8 channels and 24 bits is larger, by far. */
const MAX_WINDOW_BYTES = 1 << 23;

/** Walks the frames of a FLAC file through a window of bytes that follows it. */
export class FlacCursor {
  readonly #source: ByteSource;
  readonly #kernel: FlacKernel;
  readonly #readFrame: (bits: FlacBits) => FlacFrame;
  #bits: FlacBits;
  #windowOffset = 0;

  /** `readFrame` decodes with `kernel`, which is nobody else's meanwhile. */
  constructor(source: ByteSource, kernel: FlacKernel, readFrame: (bits: FlacBits) => FlacFrame) {
    this.#source = source;
    this.#kernel = kernel;
    this.#readFrame = readFrame;
    this.#bits = new FlacBits(kernel, 0);
  }

  /** Decodes the frame at byte `offset`. @throws {NotAFrame} none starts there. @throws {OutOfBytes} the file ends inside it. */
  async frameAt(offset: number): Promise<FlacFrame> {
    let windowBytes = WINDOW_BYTES;
    for (;;) {
      const inside = offset - this.#windowOffset;
      if (inside >= 0 && inside * 8 < this.#bits.endBits) {
        this.#bits.position = inside * 8;
        try {
          return this.#readFrame(this.#bits);
        } catch (error) {
          const windowEnd = this.#windowOffset + this.#bits.endBits / 8;
          if (!(error instanceof OutOfBytes) || windowEnd >= this.#source.sizeBytes) throw error;
          if (inside === 0) windowBytes *= 2;
          if (windowBytes > MAX_WINDOW_BYTES) throw new NotAFrame('frame without an end');
        }
      } else if (offset >= this.#source.sizeBytes) {
        throw new OutOfBytes();
      }
      const window = this.#kernel.window(Math.min(windowBytes, this.#source.sizeBytes - offset));
      const bytes = await this.#source.readInto(offset, window);
      if (bytes === 0) throw new OutOfBytes();
      this.#bits = new FlacBits(this.#kernel, bytes);
      this.#windowOffset = offset;
    }
  }

  /** The first intact frame that starts in [offset, end), and where; `undefined` where there is none. */
  async findFrame(
    offset: number,
    end: number,
  ): Promise<{ readonly offset: number; readonly frame: FlacFrame } | undefined> {
    for (let from = offset; from < end; from += WINDOW_BYTES) {
      const bytes = await this.#source.read(from, Math.min(WINDOW_BYTES, end - from) + 1);
      for (let at = bytes.indexOf(0xff); at >= 0 && at < bytes.length - 1; at = bytes.indexOf(0xff, at + 1)) {
        if ((bytes[at + 1]! & 0xfe) !== 0xf8) continue;
        try {
          return { offset: from + at, frame: await this.frameAt(from + at) };
        } catch (error) {
          if (!(error instanceof NotAFrame || error instanceof OutOfBytes)) throw error;
        }
      }
    }
    return undefined;
  }
}
