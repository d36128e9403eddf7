import { DataError } from '@asc/core';

/** An open microphone. */
export interface Microphone {
  readonly sampleRateHz: number;
  close(): Promise<void>;
}

/** As the room sounds: what helps a telephone call would take the scene away. */
const AS_IT_IS = { channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: false };

/**
 * Opens the microphone; `onSamples` gets each stretch of samples, mixed to one channel: at `wantedHz` where the browser can, else
 * at the rate of its own that is returned.
 *
 * @throws DataError where there is none, or the user or the browser refuses it.
 */
export async function openMicrophone(
  wantedHz: number,
  onSamples: (samples: Float32Array) => void,
): Promise<Microphone> {
  const devices = navigator.mediaDevices as MediaDevices | undefined;
  if (devices === undefined) {
    throw new DataError({
      what: 'This browser gives no page the microphone here.',
      hint: 'Open the page over https or from localhost, or open a recording instead.',
    });
  }
  const media = await devices.getUserMedia({ audio: AS_IT_IS }).catch((cause: unknown) => {
    const received = cause instanceof Error ? cause.message : String(cause);
    throw new DataError(
      { what: 'The microphone did not open.', received, hint: 'Allow it, or open a recording instead.' },
      { cause },
    );
  });
  let context = new AudioContext({ sampleRate: wantedHz });
  const close = async (): Promise<void> => {
    for (const track of media.getTracks()) track.stop();
    if (context.state !== 'closed') await context.close();
  };
  try {
    let source: MediaStreamAudioSourceNode;
    try {
      source = context.createMediaStreamSource(media);
    } catch {
      // Firefox connects a microphone to a context of its own rate only.
      await context.close();
      context = new AudioContext();
      source = context.createMediaStreamSource(media);
    }
    await context.audioWorklet.addModule('capture-worklet.js');
    const capture = new AudioWorkletNode(context, 'capture', {
      numberOfOutputs: 0,
      channelCount: 1,
      channelCountMode: 'explicit',
    });
    capture.port.addEventListener('message', (event: MessageEvent<Float32Array>) => onSamples(event.data));
    capture.port.start();
    source.connect(capture);
    await context.resume();
  } catch (cause) {
    await close();
    const received = cause instanceof Error ? cause.message : String(cause);
    throw new DataError(
      { what: 'The microphone cannot be heard.', received, hint: 'Open a recording instead.' },
      { cause },
    );
  }
  return { sampleRateHz: context.sampleRate, close };
}
