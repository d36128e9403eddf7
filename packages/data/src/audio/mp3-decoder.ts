import type { AudioReader } from './audio-info.js';
import type { ByteSource } from './byte-source.js';
import { createMp3FrameDecoder } from './minimp3.js';
import { mixInterleaved } from './mix.js';
import { indexMp3, MP3_INDEX_STEP, Mp3Frames, sameStream } from './mp3-index.js';

/** A Layer III decoder puts out each sample this much later than the encoder took it in (528 + 1, as in LAME's tag). */
const DECODER_DELAY_SAMPLES = 529;
/** Frames decoded before the wanted ones: more than the bit reservoir (511 bytes) can reach back. */
const PREROLL_FRAMES = 32;

/**
 * Opens an MP3 file (MPEG 1, 2 and 2.5, Layer III) whose first frame lies at `offset`. The encoder's delay and padding are cut off
 * where the file tells them, so that sample 0 is the recording's.
 *
 * @throws {DataError} a damaged or truncated stream.
 */
export async function openMp3(source: ByteSource, offset: number): Promise<AudioReader> {
  const { first, frames, offsets, tag } = await indexMp3(source, offset);
  const { channels, sampleRateHz, samples: frameSamples } = first;
  const skipped = tag?.delaySamples === undefined ? 0 : tag.delaySamples + DECODER_DELAY_SAMPLES;
  // Files joined end to end have more frames than their first tag tells; its padding then lies in the middle.
  const padding =
    tag?.paddingSamples !== undefined && frames === tag.frames
      ? Math.max(0, tag.paddingSamples - DECODER_DELAY_SAMPLES)
      : 0;
  const samples = Math.max(0, frames * frameSamples - skipped - padding);

  return {
    info: { format: 'mp3', sampleRateHz, channels, bits: undefined, samples },
    async read(startSamples, lengthSamples, mixes) {
      const outs = mixes.map(() => new Float32Array(lengthSamples));
      const start = startSamples + skipped;
      const end = start + lengthSamples;
      const firstFrame = Math.max(0, Math.floor(start / frameSamples) - PREROLL_FRAMES);
      const indexed = Math.floor(firstFrame / MP3_INDEX_STEP);
      const file = new Mp3Frames(source);
      const decoder = await createMp3FrameDecoder();
      const block = new Float32Array(frameSamples * channels);
      let at = offsets[indexed] ?? offset;
      let started = false;
      for (let frame = indexed * MP3_INDEX_STEP; frame * frameSamples < end; frame++) {
        const header = await file.header(at);
        const bytes = await file.bytes(at, header?.bytes ?? 0);
        if (header === undefined || !sameStream(header, first) || bytes.length < header.bytes) {
          throw source.complain('the file changed while it was read', {
            hint: 'wait until it is complete, then read it again',
          });
        }
        if (frame >= firstFrame) {
          const pcm = decoder.decode(bytes, block.length);
          // A stream cut out of a longer one begins with frames whose reservoir is missing: silence, as in every player.
          if (pcm === undefined && (started || frame - firstFrame >= PREROLL_FRAMES)) {
            throw source.complain(`damaged MP3 file at byte ${at}`, {
              expected: 'a frame that can be decoded',
              received: 'one that refers to sound that is not there',
              hint: 'fetch or copy the file again',
            });
          }
          started ||= pcm !== undefined;
          const from = Math.max(0, start - frame * frameSamples);
          const to = Math.min(frameSamples, end - frame * frameSamples);
          if (pcm !== undefined && to > from) {
            const wanted = pcm.subarray(from * channels, to * channels);
            for (let i = 0; i < wanted.length; i++) block[i] = wanted[i]! / 2 ** 15;
            const target = frame * frameSamples + from - start;
            outs.forEach((out, m) => mixInterleaved(block, channels, to - from, mixes[m]!, out, target));
          }
        }
        at += header.bytes;
      }
      return outs;
    },
  };
}
