// A thread of its own for the lesson: the page stays free meanwhile.
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import { teachPlaces, type Lesson, type Taught } from './teach-places.js';
import { openWebGraph } from './web-graph.js';

/** What the worker says to the page. */
export type LessonNews = { readonly share: number } | { readonly taught: Taught } | { readonly error: string };

const say = (news: LessonNews): void => postMessage(news);

addEventListener('message', ({ data }: MessageEvent<Lesson>) => {
  teachPlaces(data, openWebGraph, (share) => say({ share })).then(
    (taught) => say({ taught }),
    (error: unknown) => say({ error: error instanceof Error ? error.message : String(error) }),
  );
});
