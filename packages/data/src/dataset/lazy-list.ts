/**
 * Items in an order, each made when it is asked for, so that a list of 230,000 clips takes a few megabytes. An array is a
 * `LazyList` too; `[...list]` is an array.
 */
export interface LazyList<T> extends Iterable<T> {
  readonly length: number;
  at(index: number): T | undefined;
  map<U>(fn: (item: T, index: number) => U): U[];
  filter(keep: (item: T, index: number) => boolean): T[];
  find(wanted: (item: T, index: number) => boolean): T | undefined;
  slice(from?: number, to?: number): T[];
  some(wanted: (item: T, index: number) => boolean): boolean;
  every(wanted: (item: T, index: number) => boolean): boolean;
}

/** A list of `length` items that `make` makes. */
export function lazyList<T>(length: number, make: (index: number) => T): LazyList<T> {
  const indexOf = (wanted: (item: T, index: number) => boolean): number => {
    for (let i = 0; i < length; i++) if (wanted(make(i), i)) return i;
    return -1;
  };
  const place = (index: number): number => Math.trunc(index) + (index < 0 ? length : 0);
  return {
    length,
    at(index) {
      const i = place(index);
      return i >= 0 && i < length ? make(i) : undefined;
    },
    slice(from = 0, to = length) {
      const first = Math.max(0, place(from));
      const end = Math.min(length, place(to));
      return Array.from({ length: Math.max(0, end - first) }, (_, i) => make(first + i));
    },
    *[Symbol.iterator]() {
      for (let i = 0; i < length; i++) yield make(i);
    },
    map: (fn) => Array.from({ length }, (_, i) => fn(make(i), i)),
    filter(keep) {
      const kept: T[] = [];
      for (let i = 0; i < length; i++) {
        const item = make(i);
        if (keep(item, i)) kept.push(item);
      }
      return kept;
    },
    find(wanted) {
      const i = indexOf(wanted);
      return i < 0 ? undefined : make(i);
    },
    some: (wanted) => indexOf(wanted) >= 0,
    every: (wanted) => indexOf((item, i) => !wanted(item, i)) < 0,
  };
}
