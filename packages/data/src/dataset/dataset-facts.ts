/**
 * How sure a published number is. `stated`: by the set's publisher, its loader's tests or a full listing of its files; a
 * difference is a fault. `reported`: by somebody who has the set, or from memory; a difference is a note.
 */
export type FactBasis = 'stated' | 'reported';

/** A number the literature gives, and how sure it is. */
export interface Fact<T> {
  readonly value: T;
  readonly basis: FactBasis;
}

/** Form of a set's recordings; `samples` per channel are right to one sample. */
export interface AudioFacts {
  readonly sampleRateHz: number;
  readonly bits: number;
  readonly channels: number;
  readonly samples: number;
}

/** How many clips either side of a fold holds. */
export interface FoldFacts {
  readonly fold: number;
  readonly train: number;
  readonly evaluate: number;
}

/** What is known of a set without having it; absent where nothing is. */
export interface DatasetFacts {
  readonly clips?: Fact<number>;
  readonly folds?: Fact<number>;
  /** Clips of every scene, where all have the same number. */
  readonly clipsPerScene?: Fact<number>;
  readonly clipsPerDevice?: Fact<Readonly<Record<string, number>>>;
  readonly locations?: Fact<number>;
  readonly foldSizes?: Fact<readonly FoldFacts[]>;
  /** Rows of `error.txt`. */
  readonly errorRows?: Fact<number>;
  readonly audio?: Fact<AudioFacts>;
}

/** A fact that is a fault to miss. */
export function stated<T>(value: T): Fact<T> {
  return { value, basis: 'stated' };
}

/** A fact that is only noted. */
export function reported<T>(value: T): Fact<T> {
  return { value, basis: 'reported' };
}
