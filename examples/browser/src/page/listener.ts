import type { Classifier, SceneDecision, SceneStream } from '@asc/runtime';
import { byId, showProblem } from './elements.js';
import { HearingView } from './hearing-view.js';
import { openMicrophone, type Microphone } from './microphone.js';
import { readRecording } from './read-recording.js';

/** Decisions come this often, each over the last windows. */
const HOP_SECONDS = 0.5;
const AVERAGE = 3;
/** A recording goes to the model in pieces, so that the page draws meanwhile. */
const PIECE_SECONDS = 1;

/** One hearing at a time, of the microphone or a recording, by the classifier in use. */
export class Listener {
  #classifier: Classifier;
  #view: HearingView | undefined;
  #stream: SceneStream | undefined;
  #microphone: Microphone | undefined;
  /** Counts hearings: what belongs to an earlier one is dropped. */
  #turn = 0;
  /** Told when the microphone opens or closes. */
  onState: (listening: boolean) => void = () => {};

  constructor(classifier: Classifier) {
    this.#classifier = classifier;
  }

  /** Another classifier judges what is heard from the next hearing on; the present one ends. */
  async use(classifier: Classifier): Promise<void> {
    await this.#stop();
    this.#classifier = classifier;
  }

  async toggleMicrophone(): Promise<void> {
    const listening = this.#microphone !== undefined;
    await this.#stop();
    if (!listening) await this.#attempt((turn) => this.#listen(turn));
  }

  async hearRecording(file: File): Promise<void> {
    await this.#stop();
    await this.#attempt((turn) => this.#hear(file, turn));
  }

  refresh(): void {
    this.#view?.refresh();
  }

  async #attempt(work: (turn: number) => Promise<void>): Promise<void> {
    showProblem(undefined);
    try {
      await work(this.#turn);
    } catch (error) {
      await this.#stop();
      showProblem(error);
    }
  }

  async #stop(): Promise<void> {
    this.#turn += 1;
    const microphone = this.#microphone;
    this.#microphone = undefined;
    this.#stream?.close();
    this.#stream = undefined;
    this.onState(false);
    await microphone?.close();
  }

  async #listen(turn: number): Promise<void> {
    byId<HTMLAudioElement>('player').hidden = true;
    const { card } = this.#classifier;
    const early: Float32Array[] = [];
    let take = (samples: Float32Array): void => void early.push(samples);
    const microphone = await openMicrophone(card.sampleRateHz, (samples) => take(samples));
    if (turn !== this.#turn) return microphone.close();
    this.#microphone = microphone;
    this.onState(true);
    const rateHz = microphone.sampleRateHz;
    const view = this.#show(new HearingView(card, rateHz));
    const stream = this.#classifier.stream({
      sampleRateHz: rateHz,
      hopSeconds: HOP_SECONDS,
      average: AVERAGE,
      live: true,
    });
    this.#stream = stream;
    take = (samples) => {
      if (turn !== this.#turn) return;
      view.hear(samples);
      stream.push(samples).then(
        (decisions) => this.#tell(view, decisions, turn),
        (error: unknown) => {
          if (turn === this.#turn) void this.#stop().then(() => showProblem(error));
        },
      );
    };
    early.forEach(take);
  }

  async #hear(file: File, turn: number): Promise<void> {
    const { card } = this.#classifier;
    const samples = await readRecording(file, card.sampleRateHz);
    if (turn !== this.#turn) return;
    this.#offerPlaying(file);
    const view = this.#show(new HearingView(card, card.sampleRateHz, samples.length / card.sampleRateHz));
    const stream = this.#classifier.stream({ hopSeconds: HOP_SECONDS, average: AVERAGE });
    this.#stream = stream;
    const piece = PIECE_SECONDS * card.sampleRateHz;
    for (let at = 0; at < samples.length; at += piece) {
      const part = samples.subarray(at, at + piece);
      view.hear(part);
      this.#tell(view, await stream.push(part), turn);
      if (turn !== this.#turn) return;
    }
    this.#tell(view, await stream.flush(), turn);
    const begun = performance.now();
    const whole = await this.#classifier.classify({ samples, sampleRateHz: card.sampleRateHz });
    const milliseconds = (performance.now() - begun) / whole.windows;
    if (turn === this.#turn) view.conclude(whole, milliseconds);
  }

  #show(view: HearingView): HearingView {
    this.#view?.close();
    this.#view = view;
    return view;
  }

  #tell(view: HearingView, decisions: readonly SceneDecision[], turn: number): void {
    if (turn !== this.#turn) return;
    for (const decision of decisions) view.decide(decision);
  }

  #offerPlaying(file: File): void {
    const player = byId<HTMLAudioElement>('player');
    URL.revokeObjectURL(player.src);
    player.src = URL.createObjectURL(file);
    player.hidden = false;
  }
}
