/** Packs every published workspace as npm would publish it, and reads the tarballs. */
import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The published packages of a repository: `{ name, dir, manifest }`, by name. */
export async function publishedPackages(root) {
  const found = [];
  for (const entry of (await readdir(join(root, 'packages'))).toSorted()) {
    const dir = join(root, 'packages', entry);
    const manifest = JSON.parse(await readFile(join(dir, 'package.json'), 'utf8'));
    if (manifest.private !== true) found.push({ name: manifest.name, short: entry, dir, manifest });
  }
  return found;
}

/** Packs all of `packages` into `into`: a map of name → `{ size, files, tarball }`, sizes in bytes. */
export async function packAll(root, packages, into) {
  const workspaces = packages.flatMap((each) => ['-w', each.name]);
  const { stdout } = await run('npm', ['pack', ...workspaces, '--pack-destination', into, '--json'], {
    cwd: root,
    maxBuffer: 64 * 2 ** 20,
  });
  const packed = new Map();
  for (const each of JSON.parse(stdout)) {
    const files = each.files.map((file) => file.path);
    packed.set(each.name, { size: each.size, files, tarball: await readFile(join(into, each.filename)) });
  }
  return packed;
}
