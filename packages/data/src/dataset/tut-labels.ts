import { type LabelSpace, labelSpace } from '@asc/core';

/** The fifteen scenes of TUT Acoustic Scenes 2017 and the three groups its description puts them in. */
const TUT_2017_GROUPS = {
  indoor: ['cafe/restaurant', 'grocery_store', 'home', 'library', 'metro_station', 'office'],
  outdoor: ['beach', 'city_center', 'forest_path', 'park', 'residential_area'],
  vehicle: ['bus', 'car', 'train', 'tram'],
} as const;

/** The label space of TUT Acoustic Scenes 2017: fifteen scenes in alphabetical order, three abstract classes. */
export function tut2017Labels(): LabelSpace {
  return labelSpace(Object.values(TUT_2017_GROUPS).flat().sort(), { abstract: TUT_2017_GROUPS });
}
