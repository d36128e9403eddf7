// Runs on the browser's audio thread: hands on what the microphone hears, a twentieth of a second or so at a time.

/** What an audio worklet's global scope offers; the DOM types leave it out. */
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void;

const CHUNK_SAMPLES = 2048;

class Capture extends AudioWorkletProcessor {
  #chunk = new Float32Array(CHUNK_SAMPLES);
  #filled = 0;

  process([input]: readonly (readonly Float32Array[])[]): boolean {
    const samples = input?.[0];
    if (samples === undefined) return true;
    for (const sample of samples) {
      this.#chunk[this.#filled] = sample;
      this.#filled += 1;
      if (this.#filled < CHUNK_SAMPLES) continue;
      this.port.postMessage(this.#chunk, [this.#chunk.buffer]);
      this.#chunk = new Float32Array(CHUNK_SAMPLES);
      this.#filled = 0;
    }
    return true;
  }
}

registerProcessor('capture', Capture);
