import { labelSpace } from './label-space.js';
import type { LabelSpace } from './types.js';

/** The ten scenes of TAU Urban Acoustic Scenes 2020 Mobile, in their official (alphabetical) order. */
export const TAU_2020_SCENES = Object.freeze([
  'airport',
  'bus',
  'metro',
  'metro_station',
  'park',
  'public_square',
  'shopping_mall',
  'street_pedestrian',
  'street_traffic',
  'tram',
] as const);

/** The three abstract classes of DCASE 2020 Task 1B over the same scenes. */
export const TAU_2020_ABSTRACTS = Object.freeze({
  indoor: Object.freeze(['airport', 'shopping_mall', 'metro_station'] as const),
  outdoor: Object.freeze(['street_traffic', 'street_pedestrian', 'park', 'public_square'] as const),
  transportation: Object.freeze(['bus', 'metro', 'tram'] as const),
});

/** The label space of TAU Urban Acoustic Scenes 2020 Mobile: ten scenes, three abstract classes. */
export function tau2020Labels(): LabelSpace {
  return labelSpace(TAU_2020_SCENES, { abstract: TAU_2020_ABSTRACTS });
}
