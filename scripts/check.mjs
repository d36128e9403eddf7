/**
 * Everything about the repository and its published packages that a test cannot see. `--update` rewrites the kept surfaces.
 * Needs a build; uses no network.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkRepository } from './check-repository.mjs';
import { checkContents, checkSize, checkTypes, lintTarball } from './check-tarballs.mjs';
import { packAll, publishedPackages } from './pack.mjs';
import { SIZE_CEILINGS_KB } from './size-ceilings.mjs';
import { checkSurface, surfaceOf } from './surface.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const packages = await publishedPackages(root);
if (process.argv.includes('--update')) {
  for (const pkg of packages)
    writeFileSync(
      join(pkg.dir, 'exports.txt'),
      surfaceOf(pkg)
        .map((line) => `${line}\n`)
        .join(''),
    );
}

const started = performance.now();
const failures = checkRepository(root, packages);
const into = mkdtempSync(join(tmpdir(), 'asc-pack-'));
try {
  const packed = await packAll(root, packages, into);
  for (const pkg of packages) {
    const { size, files, tarball } = packed.get(pkg.name);
    failures.push(
      ...checkContents(pkg, files),
      ...checkSize(pkg, size, SIZE_CEILINGS_KB),
      ...(await lintTarball(pkg, tarball)),
      ...(await checkTypes(pkg, tarball)),
      ...(await checkSurface(pkg)),
    );
  }
} finally {
  rmSync(into, { recursive: true, force: true });
}

for (const failure of failures) console.error(failure);
const seconds = ((performance.now() - started) / 1000).toFixed(1);
console.log(
  `checked ${packages.length} packages in ${seconds} s: ${failures.length === 0 ? 'all well' : `${failures.length} failures`}`,
);
process.exit(failures.length === 0 ? 0 : 1);
