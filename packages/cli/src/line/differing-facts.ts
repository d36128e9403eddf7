import type { FactCheck, SceneDataset } from '@asc/data';
import { formatCount } from '../terminal/format.js';
import { shellWord } from '../terminal/shell-word.js';

/** What to say where a published set is not as it was published: the first number that differs, and how many do. */
export function differingFacts(dataset: SceneDataset): string | undefined {
  const { facts = [] } = dataset as { readonly facts?: readonly FactCheck[] };
  const differing = facts.filter(({ agrees }) => !agrees);
  const [first] = differing;
  if (first === undefined) return undefined;
  const { about, expected, received } = first;
  const others = differing.length === 1 ? '' : `, and ${formatCount(differing.length - 1)} more`;
  const numbers = `${about}: ${formatCount(received)} found, ${formatCount(expected)} published`;
  return `${dataset.name} is not as published (${numbers}${others}): asc dataset verify ${shellWord(dataset.root)}`;
}
