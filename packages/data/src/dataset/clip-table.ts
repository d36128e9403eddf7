import { resolve, sep } from 'node:path';
import type { ClipInfo } from '@asc/core';
import { type LazyList, lazyList } from './lazy-list.js';
import { packedNames } from './packed-names.js';
import { type PagedNumbers, pagedNumbers } from './paged-numbers.js';

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
  list(indices?: Pick<PagedNumbers, 'length' | 'at'>): ClipList;
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
      scenes.push(scene);
      cities.push(city);
      locations.push(location);
      devices.push(device);
      return index;
    },
    indexOf: (id) => names.indexOf(id),
    at,
    scene: (index) => scenes.get(index),
    setScene: (index, scene) => scenes.set(index, scene),
    scenes: () => scenes.labels(),
    list: (indices) =>
      indices === undefined ? lazyList(names.length, at) : lazyList(indices.length, (i) => at(indices.at(i))),
  };
}

interface LabelColumn {
  get(index: number): string | undefined;
  push(label: string | undefined): void;
  set(index: number, label: string): void;
  labels(): readonly string[];
}

/** A column of few different strings; 0 stands for none. */
function labelColumn(): LabelColumn {
  const numbers = new Map<string, number>();
  const labels: string[] = [];
  const column = pagedNumbers();
  const numberOf = (label: string): number => {
    const known = numbers.get(label);
    if (known !== undefined) return known;
    // A copy: what was cut out of a file's text would keep all of it.
    const own = Buffer.from(label).toString();
    numbers.set(own, labels.push(own));
    return labels.length;
  };
  return {
    get: (index) => labels[column.at(index) - 1],
    push: (label) => column.push(label === undefined ? 0 : numberOf(label)),
    set: (index, label) => column.set(index, numberOf(label)),
    labels: () => labels,
  };
}
