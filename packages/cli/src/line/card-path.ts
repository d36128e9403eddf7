import { join } from 'node:path';

/** Where the card of a run lies. */
export function cardPath(folder: string): string {
  return join(folder, 'card.json');
}
