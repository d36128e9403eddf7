import { openMicrophone } from './microphone.js';
import { readRecording } from './read-recording.js';
import { showProblem } from './elements.js';
import { resample } from '@asc/data/resample';

/** Seconds that are recorded in each place. */
const SECONDS = 20;

/** One place to be learnt: its name and a recording made or opened there. */
export class PlaceForm {
  readonly #fieldset: HTMLFieldSetElement;
  readonly #rateHz: number;
  readonly #onChange: () => void;
  /** At the model's rate. */
  samples: Float32Array | undefined;

  constructor(fieldset: HTMLFieldSetElement, rateHz: number, onChange: () => void) {
    this.#fieldset = fieldset;
    this.#rateHz = rateHz;
    this.#onChange = onChange;
    this.#recordButton.addEventListener('click', () => void this.#attempt(() => this.#record()));
    this.#fileInput.addEventListener('change', () => {
      const [file] = this.#fileInput.files ?? [];
      if (file !== undefined) void this.#attempt(async () => this.#keep(await readRecording(file, rateHz)));
    });
    this.#setBusy(false);
  }

  get name(): string {
    return this.#fieldset.querySelector<HTMLInputElement>('[name=name]')!.value.trim();
  }

  get #recordButton(): HTMLButtonElement {
    return this.#fieldset.querySelector<HTMLButtonElement>('[name=record]')!;
  }

  get #fileInput(): HTMLInputElement {
    return this.#fieldset.querySelector<HTMLInputElement>('[name=file]')!;
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    showProblem(undefined);
    this.#setBusy(true);
    try {
      await work();
    } catch (error) {
      this.#tell('Nothing recorded', 0);
      this.samples = undefined;
      showProblem(error);
    } finally {
      this.#setBusy(false);
      this.#onChange();
    }
  }

  async #record(): Promise<void> {
    const chunks: Float32Array[] = [];
    let heard = 0;
    let enough = (): void => {};
    const done = new Promise<void>((resolve) => (enough = resolve));
    let wanted = Infinity;
    const microphone = await openMicrophone(this.#rateHz, (samples) => {
      chunks.push(samples);
      heard += samples.length;
      const seconds = (SECONDS * heard) / wanted;
      this.#tell(`Recording: ${Math.floor(seconds)} of ${SECONDS} s`, seconds);
      if (heard >= wanted) enough();
    });
    wanted = SECONDS * microphone.sampleRateHz;
    await done;
    await microphone.close();
    const whole = new Float32Array(heard);
    let at = 0;
    for (const chunk of chunks) {
      whole.set(chunk, at);
      at += chunk.length;
    }
    this.#keep(resample(whole, microphone.sampleRateHz, this.#rateHz));
  }

  #keep(samples: Float32Array): void {
    this.samples = samples;
    const seconds = samples.length / this.#rateHz;
    this.#tell(`${seconds.toFixed(0)} s recorded`, seconds);
  }

  #tell(state: string, seconds: number): void {
    this.#fieldset.querySelector('[data-part=state]')!.textContent = state;
    this.#fieldset.querySelector('progress')!.value = seconds;
  }

  #setBusy(busy: boolean): void {
    this.#recordButton.disabled = busy;
    this.#fileInput.disabled = busy;
  }
}
