/**
 * Area under the precision–recall steps: Σ (R_n − R_{n−1})·P_n over the different scores, highest first, equal scores counted
 * together; `null` where nothing is true. Both (N). As `average_precision_score` of scikit-learn.
 */
export function averagePrecision(truth: readonly boolean[], scores: readonly number[]): number | null {
  const positives = truth.filter(Boolean).length;
  if (positives === 0) return null;
  const order = scores.map((_, i) => i).sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0));
  let [found, before, area] = [0, 0, 0];
  order.forEach((clip, rank) => {
    if (truth[clip] === true) found++;
    const next = order[rank + 1];
    if (next !== undefined && scores[next] === scores[clip]) return;
    area += ((found - before) / positives) * (found / (rank + 1));
    before = found;
  });
  return area;
}
