/** What each published tarball must be: well described, typed as it runs, free of tests, within its size. */
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

/** Resolution modes an ESM-only package does not answer for. */
const NOT_ESM = new Set(['node10', 'node16-cjs']);

/** Failures publint finds in a tarball; warnings count. */
export async function lintTarball({ name, manifest }, tarball) {
  const buffer = tarball.buffer.slice(tarball.byteOffset, tarball.byteOffset + tarball.byteLength);
  const { messages } = await publint({ pack: { tarball: buffer }, level: 'warning', strict: true });
  return messages.map((message) => `${name}: publint: ${formatMessage(message, manifest, { color: false })}`);
}

/** Places where a package's types do not say what its code does. */
export async function checkTypes({ name }, tarball) {
  const analysis = await checkPackage(createPackageFromTarballData(new Uint8Array(tarball)));
  if (analysis.types === false) return [`${name}: ships no types`];
  return analysis.problems
    .filter((problem) => !('resolutionKind' in problem && NOT_ESM.has(problem.resolutionKind)))
    .map((problem) => `${name}: types: ${JSON.stringify(problem)}`);
}

/** Files that should not be, or should be, in a tarball. */
export function checkContents({ name }, files) {
  const failures = [];
  for (const file of files.filter((path) => /(\.test\.|\.tsbuildinfo$|(^|\/)golden\/)/.test(path))) {
    failures.push(`${name}: ${file} is published; exclude it in "files"`);
  }
  for (const needed of ['LICENSE', 'README.md', 'package.json', 'dist/index.js', 'dist/index.d.ts']) {
    if (!files.includes(needed)) failures.push(`${name}: ${needed} is not published`);
  }
  for (const map of files.filter((path) => path.endsWith('.js.map'))) {
    const source = map.replace(/^dist\//, 'src/').replace(/\.js\.map$/, '.ts');
    if (!files.includes(source)) failures.push(`${name}: ${map} points to ${source}, which is not published`);
  }
  return failures;
}

/** Whether a tarball outgrew its ceiling. */
export function checkSize({ name, short }, bytes, ceilingsKb) {
  const ceilingKb = ceilingsKb[short];
  if (ceilingKb === undefined) return [`${name}: has no size ceiling; add one to scripts/size-ceilings.mjs`];
  if (bytes <= ceilingKb * 1024) return [];
  const kb = (bytes / 1024).toFixed(1);
  return [`${name}: ${kb} KiB packed, ceiling ${ceilingKb} KiB; shrink it, or move the ceiling and say why there`];
}
