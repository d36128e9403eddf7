/**
 * The published surface of a package: every name its entry points export, read from the built declarations. It is kept in
 * `exports.txt` beside package.json, so that a change of surface is a line in a diff.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const DECLARED =
  /^export (?:declare )?(?:(abstract class|class|function\*?|const|let|enum|async function)|(interface|type)) (\w+)/gm;
const LISTED = /^export (type )?\{([^}]*)\}(?: from ['"]([^'"]+)['"])?;/gm;
const STARRED = /^export (type )?\*(?: as (\w+))? from ['"]([^'"]+)['"];/gm;

/** `{ name → 'value' | 'type' }` of one declaration file, following `export *` into the package's own files. */
export function declaredExports(file) {
  const text = readFileSync(file, 'utf8');
  const kinds = {};
  for (const [, value, , name] of text.matchAll(DECLARED)) kinds[name] = value === undefined ? 'type' : 'value';
  for (const [, allTypes, list, from] of text.matchAll(LISTED)) {
    const origin = from?.startsWith('.') ? declaredExports(besides(file, from)) : {};
    for (const item of list
      .split(',')
      .map((part) => part.trim())
      .filter(Boolean)) {
      const [, type, local, alias] = /^(type )?(\w+)(?: as (\w+))?$/.exec(item) ?? [];
      if (local === undefined) throw new Error(`${file}: cannot read the export "${item}"`);
      kinds[alias ?? local] = allTypes || type ? 'type' : (origin[local] ?? 'value');
    }
  }
  for (const [, allTypes, alias, from] of text.matchAll(STARRED)) {
    if (alias !== undefined) kinds[alias] = allTypes ? 'type' : 'value';
    else
      for (const [name, kind] of Object.entries(declaredExports(besides(file, from))))
        kinds[name] = allTypes ? 'type' : kind;
  }
  return kinds;
}

function besides(file, specifier) {
  return resolve(dirname(file), specifier.replace(/\.js$/, '.d.ts'));
}

/** Lines of a package's surface: `<entry> <value|type> <name>`, sorted; entries in the manifest's order. */
export function surfaceOf({ dir, manifest }) {
  const lines = [];
  for (const [entry, target] of Object.entries(manifest.exports)) {
    if (typeof target === 'string' || target.types === undefined) continue;
    const kinds = declaredExports(join(dir, target.types));
    for (const name of Object.keys(kinds).toSorted()) lines.push(`${entry} ${kinds[name]} ${name}`);
  }
  return lines;
}

/** Differences between the built surface, the committed one, and what importing the package really gives. */
export async function checkSurface(pkg) {
  const built = surfaceOf(pkg);
  const file = join(pkg.dir, 'exports.txt');
  const kept = existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
  const failures = [
    ...built.filter((line) => !kept.includes(line)).map((line) => `${pkg.name}: new in the surface: ${line}`),
    ...kept.filter((line) => !built.includes(line)).map((line) => `${pkg.name}: gone from the surface: ${line}`),
  ];
  for (const [entry, target] of Object.entries(pkg.manifest.exports)) {
    if (typeof target === 'string' || target.default === undefined) continue;
    const real = Object.keys(await import(pathToFileURL(join(pkg.dir, target.default)).href));
    const typed = built.filter((line) => line.startsWith(`${entry} value `)).map((line) => line.split(' ')[2]);
    for (const name of real.filter((each) => !typed.includes(each)))
      failures.push(`${pkg.name}: ${entry} exports ${name} without a type`);
    for (const name of typed.filter((each) => !real.includes(each)))
      failures.push(`${pkg.name}: ${entry} types ${name} but does not export it`);
  }
  return failures;
}
