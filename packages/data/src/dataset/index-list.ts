import { grown } from './packed-names.js';

/** Indices of clips, as they come. */
export interface IndexList {
  readonly length: number;
  push(index: number): void;
  /** Exactly the numbers pushed. */
  values(): Int32Array;
}

/** An empty list of indices. */
export function indexList(): IndexList {
  let numbers = new Int32Array(1 << 8);
  let length = 0;
  return {
    get length() {
      return length;
    },
    push(index) {
      if (length === numbers.length) numbers = grown(numbers);
      numbers[length++] = index;
    },
    values: () => numbers.slice(0, length),
  };
}
