/**
 * Writes the entries of other platforms' optional packages into package-lock.json.
 *
 * npm records an optional platform package only if the registry it asked carries it, and `npm ci` then refuses the lock
 * on every machine. An exact version is in the parent's `optionalDependencies`, the platform is in the package's name:
 * that is all an entry needs. `--check` only tells.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const OS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32'];
const CPU = { 64: 'x64', x64: 'x64', ia32: 'ia32', arm: 'arm', arm64: 'arm64', ppc64: 'ppc64', riscv64: 'riscv64' };
const MORE_CPU = { s390x: 's390x', loong64: 'loong64', x86: 'ia32' };

/** Platform fields of an npm package, read from a name such as `@scope/binding-linux-arm64-musl`. */
export function platformOf(name) {
  const words = name.split('/').at(-1).split(/[-.]/);
  const os = words.map((word) => (word === 'windows' ? 'win32' : word)).find((word) => OS.includes(word));
  const cpu = words.map((word) => ({ ...CPU, ...MORE_CPU })[word]).find((word) => word !== undefined);
  const libc = words.includes('musl') ? 'musl' : words.includes('gnu') && os === 'linux' ? 'glibc' : undefined;
  return { ...(cpu && { cpu: [cpu] }), ...(libc && { libc: [libc] }), ...(os && { os: [os] }) };
}

/** Entries that the lock owes: key under `packages` → entry. */
export function missingEntries(lock) {
  const missing = {};
  for (const [where, entry] of Object.entries(lock.packages)) {
    for (const [name, range] of Object.entries(entry.optionalDependencies ?? {})) {
      const places = [`${where}/node_modules/${name}`, `node_modules/${name}`];
      if (places.some((place) => place in lock.packages)) continue;
      if (!/^\d+\.\d+\.\d+/.test(range)) continue;
      const platform = platformOf(name);
      if (platform.os === undefined) continue;
      missing[`node_modules/${name}`] = {
        version: range,
        ...(platform.cpu && { cpu: platform.cpu }),
        ...(entry.dev && { dev: true }),
        ...(platform.libc && { libc: platform.libc }),
        license: entry.license,
        optional: true,
        os: platform.os,
        ...(entry.engines && { engines: entry.engines }),
      };
    }
  }
  return missing;
}

/** Adds what is missing, in npm's order. */
export function completeLock(lock) {
  const packages = { ...lock.packages, ...missingEntries(lock) };
  const sorted = Object.keys(packages).toSorted((a, b) => a.localeCompare(b, 'en'));
  return { ...lock, packages: Object.fromEntries(sorted.map((key) => [key, packages[key]])) };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const file = new URL('../package-lock.json', import.meta.url);
  const lock = JSON.parse(readFileSync(file, 'utf8'));
  const missing = Object.keys(missingEntries(lock));
  if (missing.length === 0) process.exit(0);
  if (process.argv.includes('--check')) {
    console.error(`package-lock.json lacks ${missing.length} platform packages, e.g. ${missing[0]}`);
    console.error('run: node scripts/complete-lockfile.mjs');
    process.exit(1);
  }
  writeFileSync(file, `${JSON.stringify(completeLock(lock), null, 2)}\n`);
  console.log(`added ${missing.length} platform packages to package-lock.json`);
}
