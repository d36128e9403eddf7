import { DataError } from '@asc/core';

/**
 * The samples of a recording, mixed to one channel at `sampleRateHz`, by the browser's own decoders and resampler.
 *
 * @throws DataError where the browser cannot read the file, or it holds no sound.
 */
export async function readRecording(
  file: Blob & { readonly name?: string },
  sampleRateHz: number,
): Promise<Float32Array> {
  const context = new OfflineAudioContext(1, 1, sampleRateHz);
  const name = file.name ?? 'the recording';
  const decoded = await file
    .arrayBuffer()
    .then((bytes) => context.decodeAudioData(bytes))
    .catch((cause: unknown) => {
      throw new DataError(
        {
          what: `This browser cannot read ${name} as sound.`,
          hint: 'Open a WAV, FLAC, MP3 or Ogg file.',
        },
        { cause },
      );
    });
  if (decoded.length === 0) throw new DataError({ what: `${name} holds no sound.` });
  const mixed = new Float32Array(decoded.length);
  for (let channel = 0; channel < decoded.numberOfChannels; channel += 1) {
    const samples = decoded.getChannelData(channel);
    for (let i = 0; i < samples.length; i += 1) mixed[i]! += samples[i]! / decoded.numberOfChannels;
  }
  return mixed;
}
