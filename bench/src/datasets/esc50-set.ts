import { type GeneratedSet, linesOf } from './generated-set.js';

/** 2,000 clips: 40 of each of 50 categories, in five folds. */
export const ESC_50: GeneratedSet = {
  plan: () =>
    Array.from({ length: 2000 }, (_, i) => {
      const category = (i % 400) >> 3;
      return {
        id: `audio/${Math.floor(i / 400) + 1}-${100_000 + (i >> 1)}-${'AB'[i % 2]}-${category}.wav`,
        scene: `category_${category}`,
        location: `${100_000 + i}`,
      };
    }),
  tables: (clips) => {
    const rows = clips.map(({ id, scene, location }) => {
      const file = id.slice('audio/'.length);
      return `${file},${file[0]},0,${scene},False,${location},A`;
    });
    return [['meta/esc50.csv', linesOf(['filename,fold,target,category,esc10,src_file,take', ...rows])]];
  },
};
