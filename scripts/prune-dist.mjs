/** Removes built files whose source is gone: the compiler leaves them, and their tests would run for ever. */
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** Built files below `dist` that no source below `src` accounts for. */
export function staleFiles(dist, src) {
  if (!existsSync(dist)) return [];
  const built = readdirSync(dist, { recursive: true }).filter((file) => /\.(js|d\.ts)(\.map)?$/.test(file));
  return built
    .map((file) => join(dist, file))
    .filter((file) => statSync(file).isFile())
    .filter((file) => !existsSync(join(src, relative(dist, file).replace(/\.(js|d\.ts)(\.map)?$/, '.ts'))));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const packages = readdirSync(join(root, 'packages')).map((name) => join(root, 'packages', name));
  for (const dir of [...packages, join(root, 'examples'), join(root, 'examples/browser'), join(root, 'bench')]) {
    for (const file of staleFiles(join(dir, 'dist'), join(dir, 'src'))) rmSync(file);
  }
}
