const WIDTH = 20;

/** A share from 0 to 1 as a bar of twenty cells. */
export function bar(share: number): string {
  const filled = Math.round(WIDTH * Math.min(1, Math.max(0, share)));
  return `[${'█'.repeat(filled)}${'·'.repeat(WIDTH - filled)}]`;
}
