import { loadClassifier, type Classifier } from '@asc/runtime';
import { acceptDrops } from './drop-target.js';
import { byId, showProblem } from './elements.js';
import { Listener } from './listener.js';
import { setUpTeaching } from './teaching.js';
import { workOffline } from './work-offline.js';

// The page's main program: loads the model, joins the controls to what they do.

const LOAD = {
  // More threads need cross-origin isolation, which plain file servers do not give.
  threads: 1,
  startWorker: () => new Worker('classifier-worker.js', { type: 'module' }),
};

async function start(): Promise<void> {
  const response = await fetch('model.onnx');
  if (!response.ok) throw new Error(`the model did not come: status ${response.status}`);
  const model = new Uint8Array(await response.arrayBuffer());
  const load = (bytes: Uint8Array): Promise<Classifier> => loadClassifier(bytes, LOAD);
  // The worker takes the bytes it is given along.
  const shipped = await load(model.slice());
  const { card } = shipped;
  byId('about').textContent =
    `Model: ${card.name}, ${card.labels.scenes.length} scenes, ${Math.round(model.length / 1000)} kB; ` +
    `it hears ${card.clipSamples / card.sampleRateHz} s at a time.`;

  const listener = new Listener(shipped);
  const microphone = byId<HTMLButtonElement>('microphone');
  const recording = byId<HTMLInputElement>('recording');
  listener.onState = (listening) => {
    microphone.textContent = listening ? 'Stop the microphone' : 'Start the microphone';
    microphone.setAttribute('aria-pressed', String(listening));
  };
  microphone.addEventListener('click', () => void listener.toggleMicrophone());
  recording.addEventListener('change', () => {
    const [file] = recording.files ?? [];
    if (file !== undefined) void listener.hearRecording(file);
    // The same file can be opened again.
    recording.value = '';
  });
  acceptDrops((file) => void listener.hearRecording(file));
  window.addEventListener('resize', () => listener.refresh());
  setUpTeaching({ model, card, load, shipped, use: (classifier) => listener.use(classifier) });

  microphone.disabled = false;
  recording.disabled = false;
  byId('ready').textContent = 'Ready.';
  await workOffline((state) => (byId('offline').textContent = state));
}

start().catch((error: unknown) => {
  byId('ready').textContent = 'The model could not be loaded.';
  showProblem(error);
});
