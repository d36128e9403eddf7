import { DataError } from '@asc/core';
import type { LessonNews } from '../personal/lesson-worker.js';
import type { Lesson, OnProgress, Taught } from '../personal/teach-places.js';

/**
 * Teaches places of one's own in a worker.
 *
 * @throws DataError as `teachPlaces`.
 */
export async function giveLesson(lesson: Lesson, onProgress: OnProgress): Promise<Taught> {
  const worker = new Worker('lesson-worker.js', { type: 'module' });
  try {
    return await new Promise((resolve, reject) => {
      worker.addEventListener('message', ({ data }: MessageEvent<LessonNews>) => {
        if ('share' in data) onProgress(data.share);
        else if ('taught' in data) resolve(data.taught);
        else reject(new DataError({ what: data.error }));
      });
      worker.addEventListener('error', ({ message }) => {
        reject(new DataError({ what: 'The lesson broke off.', received: message }));
      });
      worker.postMessage(lesson);
    });
  } finally {
    worker.terminate();
  }
}
