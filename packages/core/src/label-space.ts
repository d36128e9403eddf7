import { checkKeys, checkShape } from './checks.js';
import { describeValue } from './describe-value.js';
import { UsageError } from './errors.js';
import { nearestName } from './nearest-name.js';
import type { LabelSpace } from './types.js';

/**
 * Scenes in their model output order and, where given, the abstract class every one of them belongs to.
 *
 * @throws UsageError for no scenes, empty or repeated names, and abstract classes that miss a scene, hold it twice, or
 * hold an unknown one.
 */
export function labelSpace(
  scenes: readonly string[],
  options: { readonly abstract?: Readonly<Record<string, readonly string[]>> } = {},
): LabelSpace {
  checkNames(scenes);
  checkKeys('The second argument of labelSpace', options, ['abstract']);
  const groups = Object.entries(options.abstract ?? {});
  if (groups.length === 0) return { scenes: [...scenes], abstracts: [], abstractOf: [] };
  const owner = new Map<string, number>();
  groups.forEach(([name, members], group) => {
    if (!Array.isArray(members)) throw notAList(`Abstract class "${name}" holds no scenes.`, members);
    for (const scene of members) {
      if (!scenes.includes(scene)) throw unknownName(`Abstract class "${name}" holds an unknown scene.`, scene, scenes);
      if (owner.has(scene)) {
        throw new UsageError({
          what: `Scene "${scene}" belongs to more than one abstract class.`,
          expected: 'exactly one',
          received: `${describeValue(groups[owner.get(scene) ?? 0]?.[0])} and ${describeValue(name)}`,
        });
      }
      owner.set(scene, group);
    }
    if (members.length === 0) {
      throw new UsageError({
        what: `Abstract class "${name}" is empty.`,
        expected: 'at least one scene',
        received: '[]',
      });
    }
  });
  const abstractOf = scenes.map((scene) => {
    const group = owner.get(scene);
    if (group !== undefined) return group;
    throw new UsageError({
      what: `Scene "${scene}" belongs to no abstract class.`,
      expected: `every scene in one of ${groups.map(([name]) => name).join(', ')}`,
      received: 'none',
    });
  });
  return { scenes: [...scenes], abstracts: groups.map(([name]) => name), abstractOf };
}

function notAList(what: string, received: unknown): UsageError {
  return new UsageError({ what, expected: 'an array of scene names', received: describeValue(received) });
}

function checkNames(scenes: readonly string[]): void {
  if (!Array.isArray(scenes)) throw notAList('The scenes do not make a label space.', scenes);
  const bad = scenes.find((name, i) => typeof name !== 'string' || name === '' || scenes.indexOf(name) !== i);
  if (scenes.length > 0 && bad === undefined) return;
  throw new UsageError({
    what: 'The scenes do not make a label space.',
    expected: 'at least one name, none empty, none twice',
    received: scenes.length === 0 ? '[]' : describeValue(bad),
  });
}

/** Output index of a scene. @throws UsageError for an unknown one, naming the nearest. */
export function sceneIndex(space: LabelSpace, scene: string): number {
  const index = space.scenes.indexOf(scene);
  if (index >= 0) return index;
  throw unknownName('The scene is not in the label space.', scene, space.scenes);
}

/** Index of the abstract class a scene belongs to. @throws UsageError for an unknown scene, or where none are defined. */
export function abstractIndex(space: LabelSpace, scene: string): number {
  const index = space.abstractOf[sceneIndex(space, scene)];
  if (index === undefined) throw noAbstracts();
  return index;
}

/**
 * Posterior over abstract classes: for each, the sum over its scenes. `probabilities` is (Y) over the scenes.
 *
 * @throws UsageError where the length differs or no abstract classes are defined.
 */
export function abstractProbabilities(space: LabelSpace, probabilities: ArrayLike<number>): number[] {
  checkShape('The posterior', [probabilities.length], [space.scenes.length]);
  if (space.abstracts.length === 0) throw noAbstracts();
  const sums = space.abstracts.map(() => 0);
  space.abstractOf.forEach((group, scene) => {
    sums[group] = (sums[group] ?? 0) + (probabilities[scene] ?? 0);
  });
  return sums;
}

function noAbstracts(): UsageError {
  return new UsageError({
    what: 'The label space defines no abstract classes.',
    hint: 'Give labelSpace(scenes, { abstract: { name: [scenes] } }).',
  });
}

function unknownName(what: string, name: unknown, known: readonly string[]): UsageError {
  const nearest = typeof name === 'string' ? nearestName(name, known) : undefined;
  return new UsageError({
    what,
    expected: `one of ${known.join(', ')}`,
    received: describeValue(name),
    ...(nearest === undefined ? {} : { hint: `Did you mean "${nearest}"?` }),
  });
}
