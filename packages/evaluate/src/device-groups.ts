/**
 * Groups of the devices of TAU Urban Acoustic Scenes 2020 and 2022 Mobile. `A`, `B&C`, `S1-S3` and `S4-S6` part the
 * development set; `real` is its phones and binaural microphone; `seen` is every device of the official training split and
 * `unseen` every other one of the datasets, those of their evaluation sets (d, s7–s11) included.
 */
export const DEVICE_GROUPS: Readonly<Record<string, readonly string[]>> = Object.freeze({
  A: ['a'],
  'B&C': ['b', 'c'],
  'S1-S3': ['s1', 's2', 's3'],
  'S4-S6': ['s4', 's5', 's6'],
  real: ['a', 'b', 'c'],
  seen: ['a', 'b', 'c', 's1', 's2', 's3'],
  unseen: ['s4', 's5', 's6', 's7', 's8', 's9', 's10', 's11', 'd'],
});
