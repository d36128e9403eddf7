import type { DatasetFacts, Fact, FactBasis } from './dataset-facts.js';
import type { SceneDataset } from './scene-dataset.js';

/** A published number beside the one found. */
export interface FactCheck {
  /** What was counted, e.g. `clips of device s1`. */
  readonly about: string;
  readonly expected: number;
  readonly received: number;
  readonly agrees: boolean;
  readonly basis: FactBasis;
}

/** Compares what the tables of a set say with what is known of it. No sound is opened. */
export function checkFacts(dataset: SceneDataset, facts: DatasetFacts, errorRows?: number): FactCheck[] {
  const checks: FactCheck[] = [];
  const check = <T>(fact: Fact<T> | undefined, about: string, expected: number, received: number): void => {
    if (fact === undefined) return;
    checks.push({ about, expected, received, agrees: expected === received, basis: fact.basis });
  };
  const { clips, folds, clipsPerScene, clipsPerDevice, locations, foldSizes } = facts;
  const found = countLabels(dataset);
  check(clips, 'clips', clips?.value ?? 0, dataset.clips.length);
  check(folds, 'folds', folds?.value ?? 0, dataset.folds.length);
  if (clipsPerScene !== undefined) {
    for (const scene of dataset.labels.scenes) {
      check(clipsPerScene, `clips of scene ${scene}`, clipsPerScene.value, found.scenes.get(scene) ?? 0);
    }
  }
  if (clipsPerDevice !== undefined) {
    for (const device of new Set([...Object.keys(clipsPerDevice.value), ...found.devices.keys()])) {
      const expected = Object.hasOwn(clipsPerDevice.value, device) ? (clipsPerDevice.value[device] ?? 0) : 0;
      check(clipsPerDevice, `clips of device ${device}`, expected, found.devices.get(device) ?? 0);
    }
  }
  check(locations, 'locations', locations?.value ?? 0, found.locations.size);
  for (const { fold, train, evaluate } of foldSizes?.value ?? []) {
    check(foldSizes, `fold ${fold}, clips to train on`, train, sideLength(dataset, fold, ['train']));
    check(foldSizes, `fold ${fold}, clips to evaluate on`, evaluate, sideLength(dataset, fold, ['evaluate', 'test']));
  }
  if (errorRows !== undefined) check(facts.errorRows, 'rows of error.txt', facts.errorRows?.value ?? 0, errorRows);
  return checks;
}

function sideLength(dataset: SceneDataset, fold: number, sides: readonly ('train' | 'test' | 'evaluate')[]): number {
  const side = sides.find((wanted) => dataset.sides(fold).includes(wanted));
  return side === undefined ? 0 : dataset.split(fold, side).length;
}

function countLabels({ clips }: SceneDataset) {
  const scenes = new Map<string, number>();
  const devices = new Map<string, number>();
  const locations = new Set<string>();
  for (const { scene, device, location } of clips) {
    if (scene !== undefined) scenes.set(scene, (scenes.get(scene) ?? 0) + 1);
    if (device !== undefined) devices.set(device, (devices.get(device) ?? 0) + 1);
    if (location !== undefined) locations.add(location);
  }
  return { scenes, devices, locations };
}
