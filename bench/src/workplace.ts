import type { Machine } from './machine.js';
import type { ScratchFolder } from './scratch-folder.js';

/** Where a bench writes for people. */
export interface Voice {
  /** The result. */
  print(line: string): void;
  /** Progress and remarks. */
  say(line: string): void;
}

/** What every bench works with. */
export interface Workplace {
  readonly machine: Machine;
  readonly scratch: ScratchFolder;
  readonly voice: Voice;
}
