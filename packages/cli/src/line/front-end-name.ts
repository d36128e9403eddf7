import { nearestName, UsageError } from '@asc/core';
import { isPresetName, PRESET_NAMES, type PresetName } from '@asc/features';

/** The front end of that name. @throws UsageError for another name, suggesting the nearest. */
export function frontEndName(name: string): PresetName {
  if (isPresetName(name)) return name;
  const nearest = nearestName(name, PRESET_NAMES);
  throw new UsageError({
    what: `There is no front end "${name}".`,
    expected: `one of ${PRESET_NAMES.join(', ')}`,
    ...(nearest === undefined ? {} : { hint: `Did you mean "${nearest}"?` }),
  });
}
