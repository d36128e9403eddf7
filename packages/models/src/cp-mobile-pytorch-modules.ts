/** Stage of each block, in the order of the network. */
const STAGES = [1, 1, 1, 2, 2, 3];

/**
 * Module paths in the state dictionaries of the DCASE 2024 baseline and of CP-Mobile, by our layer names: `in_c`, `stages.s1.b1.block`, …,
 * `feed_forward`; of every unit the convolution is item 0 and the norm item 1.
 *
 * Source: CPJKU/dcase2024_task1_baseline, models/baseline.py; fschmid56/cpjku_dcase23, models/cp_mobile.py.
 */
export function cpMobilePytorchModules(): Record<string, string> {
  const units: [ours: string, theirs: string][] = [
    ['in1', 'in_c.0'],
    ['in2', 'in_c.1'],
    ['scores', 'feed_forward'],
  ];
  for (const [i, stage] of STAGES.entries()) {
    const block = `b${i + 1}`;
    for (const [at, part] of ['expand', 'depth', 'project'].entries()) {
      units.push([`${block}_${part}`, `stages.s${stage}.${block}.block.${at}`]);
    }
  }
  return Object.fromEntries(
    units.flatMap(([ours, theirs]) => [
      [`${ours}_conv`, `${theirs}.0`],
      [`${ours}_norm`, `${theirs}.1`],
    ]),
  );
}
