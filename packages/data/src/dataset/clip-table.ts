import { resolve, sep } from 'node:path';
import type { ClipInfo } from '@asc/core';
import { type LazyList, lazyList } from './lazy-list.js';
import { grown, packedNames } from './packed-names.js';

/** Clips in an order; an array of them, or columns that make each as it is asked for. */
export type ClipList = LazyList<ClipInfo>;

/** What a table says of a clip, its id apart. */
export type ClipLabels = Pick<ClipInfo, 'scene' | 'city' | 'location' | 'device'>;

/** The clips of a set as columns: labels are numbers, names are packed. */
export interface ClipTable {
  readonly length: number;
  /** Adds a clip and gives its index, or −1 where its id stands already. */
  add(id: string, labels: ClipLabels): number;
  /** Where a clip stands, or −1. */
  indexOf(id: string): number;
  at(index: number): ClipInfo;
  scene(index: number): string | undefined;
  setScene(index: number, scene: string): void;
  /** The different scenes so far, in order of appearance. */
  scenes(): readonly string[];
  /** All clips, or those of `indices` in their order. */
  list(indices?: Int32Array): ClipList;
}

/** An empty table of the clips below `root`. */
export function clipTable(root: string): ClipTable {
  const prefix = resolve(root) + (resolve(root).endsWith(sep) ? '' : sep);
  const names = packedNames();
  const scenes = labelColumn();
  const cities = labelColumn();
  const locations = labelColumn();
  const devices = labelColumn();
  const at = (index: number): ClipInfo => {
    const id = names.at(index);
    return {
      id,
      path: prefix + (sep === '/' ? id : id.replaceAll('/', sep)),
      scene: scenes.get(index),
      city: cities.get(index),
      location: locations.get(index),
      device: devices.get(index),
    };
  };
  return {
    get length() {
      return names.length;
    },
    add(id, { scene, city, location, device }) {
      const index = names.add(id);
      if (index < 0) return index;
      scenes.set(index, scene);
      cities.set(index, city);
      locations.set(index, location);
      devices.set(index, device);
      return index;
    },
    indexOf: (id) => names.indexOf(id),
    at,
    scene: (index) => scenes.get(index),
    setScene: (index, scene) => scenes.set(index, scene),
    scenes: () => scenes.labels(),
    list: (indices) =>
      indices === undefined ? lazyList(names.length, at) : lazyList(indices.length, (i) => at(indices[i] as number)),
  };
}

interface LabelColumn {
  get(index: number): string | undefined;
  set(index: number, label: string | undefined): void;
  labels(): readonly string[];
}

/** A column of few different strings; 0 stands for none. */
function labelColumn(): LabelColumn {
  const numbers = new Map<string, number>();
  const labels: string[] = [];
  let column: Uint16Array | Int32Array = new Uint16Array(1 << 8);
  return {
    get: (index) => labels[(column[index] ?? 0) - 1],
    set(index, label) {
      while (index >= column.length) column = grown(column);
      let number = label === undefined ? 0 : numbers.get(label);
      if (number === undefined) {
        // A copy: what was cut out of a file's text would keep all of it.
        const own = Buffer.from(label as string).toString();
        number = labels.push(own);
        numbers.set(own, number);
        if (number > 0xffff && column instanceof Uint16Array) column = Int32Array.from(column);
      }
      column[index] = number;
    },
    labels: () => labels,
  };
}
