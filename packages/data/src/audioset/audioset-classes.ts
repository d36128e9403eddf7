import { readFile } from 'node:fs/promises';
import { DataError, describeValue } from '@asc/core';
import { scanTable } from '../dataset/scan-table.js';
import { lineError } from '../dataset/table-fault.js';

/** One of the 527 sound events of AudioSet. */
export interface AudioSetClass {
  /** Place in model outputs and in the released embeddings, from 0. */
  readonly index: number;
  /** Machine id, e.g. `/m/09x0r`. */
  readonly mid: string;
  /** Name to show, e.g. `Speech`. */
  readonly name: string;
}

/**
 * Reads `class_labels_indices.csv` (index, mid, display_name; names with commas are quoted).
 *
 * @throws DataError naming file and line: indices that do not count from 0, a repeated id or name.
 */
export async function readAudioSetClasses(file: string): Promise<AudioSetClass[]> {
  const classes: AudioSetClass[] = [];
  const seen = new Set<string>();
  const required = ['index', 'mid', 'display_name'];
  await scanTable(file, { separator: 'comma', header: { required } }, (row) => {
    const mid = row.field('mid') ?? '';
    const name = row.field('display_name') ?? '';
    if (mid === '' || name === '') throw lineError(row, 'a class has no id or no name.');
    if (row.field('index') !== `${classes.length}`) {
      throw lineError(row, 'the classes are not in order.', {
        expected: `index ${classes.length}`,
        received: describeValue(row.field('index')),
      });
    }
    for (const word of [mid, name]) {
      if (seen.has(word)) throw lineError(row, `${word} stands twice.`);
      seen.add(word);
    }
    classes.push({ index: classes.length, mid, name });
  });
  if (classes.length > 0) return classes;
  throw new DataError({ what: `${file} lists no classes.`, expected: 'at least one row' });
}

/** A node of AudioSet's ontology. */
export interface OntologyNode {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  /** Ids of the more special sounds below it. */
  readonly childIds: readonly string[];
  /** `abstract`: never a label itself; `blacklist`: left out of the released labels. */
  readonly restrictions: readonly string[];
}

/**
 * Reads `ontology.json`, an array of nodes, by id.
 *
 * @throws DataError where the file is no such array, an id stands twice, or a child is not in it.
 */
export async function readAudioSetOntology(file: string): Promise<ReadonlyMap<string, OntologyNode>> {
  const nodes = new Map<string, OntologyNode>();
  for (const entry of await readArray(file)) {
    const node = asNode(entry);
    if (node === undefined || nodes.has(node.id)) {
      throw new DataError({
        what: `${file}: entry ${nodes.size + 1} is ${node === undefined ? 'no node' : `a second ${node.id}`}.`,
        expected: 'id, name, description, child_ids and restrictions, each id once',
        received: describeValue(entry),
      });
    }
    nodes.set(node.id, node);
  }
  for (const { id, childIds } of nodes.values()) {
    const stranger = childIds.find((child) => !nodes.has(child));
    if (stranger === undefined) continue;
    throw new DataError({
      what: `${file}: a child of ${id} is not in it.`,
      expected: 'a whole ontology',
      received: stranger,
    });
  }
  return nodes;
}

async function readArray(file: string): Promise<readonly unknown[]> {
  try {
    const value: unknown = JSON.parse(await readFile(file, 'utf8'));
    if (Array.isArray(value)) return value;
  } catch (cause) {
    const received = (cause as NodeJS.ErrnoException).code ?? (cause as Error).message;
    throw new DataError({ what: `Cannot read ${file}.`, expected: 'the ontology as JSON', received }, { cause });
  }
  throw new DataError({ what: `${file} is no ontology.`, expected: 'an array of nodes' });
}

function asNode(entry: unknown): OntologyNode | undefined {
  if (typeof entry !== 'object' || entry === null) return undefined;
  const { id, name, description = '', child_ids: children, restrictions } = entry as Record<string, unknown>;
  const areWords = (value: unknown): value is string[] =>
    Array.isArray(value) && value.every((word) => typeof word === 'string');
  if (typeof id !== 'string' || typeof name !== 'string' || typeof description !== 'string') return undefined;
  if (!areWords(children) || !areWords(restrictions)) return undefined;
  return { id, name, description, childIds: children, restrictions };
}
