import { sceneIndex, type LabelSpace, type NdArrays } from '@asc/core';

/**
 * Label array of a batch of sound events: `events` (B, Y), 1 where an event is heard.
 *
 * @throws UsageError for an unknown event, naming the nearest.
 */
export function multiHotTargets(labels: LabelSpace, events: readonly (readonly string[])[]): NdArrays {
  const width = labels.scenes.length;
  const data = new Float32Array(events.length * width);
  events.forEach((own, row) => {
    for (const event of own) data[row * width + sceneIndex(labels, event)] = 1;
  });
  return { events: { dtype: 'float32', shape: [events.length, width], data } };
}
