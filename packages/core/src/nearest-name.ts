/**
 * The candidate a mistyped `name` most likely meant, or `undefined` where none is close (edit distance, case ignored, of
 * at most a third of its length, rounded up, or one that starts with `name`).
 */
export function nearestName(name: string, candidates: readonly string[]): string | undefined {
  const wanted = name.toLowerCase();
  let best: string | undefined;
  let bestDistance = Infinity;
  for (const candidate of candidates) {
    const offered = candidate.toLowerCase();
    const limit = Math.ceil(Math.max(wanted.length, offered.length) / 3);
    // Far lengths cannot be close names; this also keeps an absurdly long name from costing time.
    if (Math.abs(wanted.length - offered.length) > limit && !(wanted.length > 2 && offered.startsWith(wanted)))
      continue;
    const distance = wanted.length > 2 && offered.startsWith(wanted) ? 1 : editDistance(wanted, offered);
    if (distance <= limit && distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Levenshtein distance. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substituted = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substituted, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
