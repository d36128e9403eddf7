import { basename } from 'node:path';
import { writeWav } from '../audio/wav-writer.js';
import { type RenderConfig, renderClip } from './render-clip.js';

/** One clip to make: where it goes, which by its name also says what it is. */
export interface WriteClipJob extends RenderConfig {
  readonly path: string;
}

/** Renders a clip and writes it as 16-bit WAV, whole or not at all; run by workers. Returns its path. */
export async function writeClip(job: WriteClipJob): Promise<string> {
  await writeWav(job.path, renderClip(job, basename(job.path)));
  return job.path;
}
