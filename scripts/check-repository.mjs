/** Rules of the repository as a whole that no single package can keep. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { missingEntries } from './complete-lockfile.mjs';
import { checkLicences } from './licences.mjs';

/** The version every tfjs package is pinned to: the last release, whose behaviour our overrides rely on. */
const TFJS = '4.22.0';
const HOSTS = /registry\.\w+|npmjs\.|pypi\.|deb\.debian/;
const MACHINE = /\/(?:work|farm|root)\//;

/**
 * Who may need whom in production. turbo's tags say nearly the same, but must let layers and models reach onnx, which the test
 * kit needs, and train reach features, which augment needs.
 */
const MAY_NEED = {
  core: [],
  data: ['core'],
  features: ['core'],
  augment: ['core', 'features'],
  layers: ['core'],
  onnx: ['core'],
  evaluate: ['core'],
  models: ['core', 'layers'],
  quantize: ['core', 'onnx', 'evaluate'],
  train: ['core', 'onnx', 'evaluate', 'augment', 'layers'],
  runtime: ['core', 'data', 'features', 'onnx', 'evaluate'],
  cli: ['core', 'data', 'features', 'augment', 'layers', 'onnx', 'evaluate', 'models', 'quantize', 'train', 'runtime'],
};
const NAMED = /['"]([^'".][^'"]*)['"]/.source;
const IMPORTED = new RegExp(
  `^\\s*(?:(?:import|export)\\b[^'"\`;]*?\\bfrom|import)\\s*${NAMED}|\\b(?:import|resolve)\\(\\s*${NAMED}`,
  'gm',
);

/** Packages that a source imports by name, without Node's own. */
export function importedPackages(source) {
  const names = [...source.matchAll(IMPORTED)]
    .map(([, from, called]) => from ?? called)
    .filter((from) => !from.startsWith('node:'));
  return new Set(names.map((from) => /^(?:@[^/]+\/)?[^/]+/.exec(from)[0]));
}

/**
 * Where production dependencies run against the order of the packages, or published sources and manifest disagree. `peers` are
 * the names that some package wants beside it: a manifest may list them for another's sake.
 */
export function checkDependencies({ name, short, manifest }, sources, peers) {
  const needed = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });
  const imported = new Set(sources.flatMap((source) => [...importedPackages(source)]));
  imported.delete(name);
  const backward = needed.filter((each) => each.startsWith('@asc/') && !MAY_NEED[short]?.includes(each.slice(5)));
  const idle = needed.filter((each) => !imported.has(each) && !peers.includes(each));
  return [
    ...backward.map((each) => `${name}: needs ${each}, which is not below it`),
    ...[...imported].filter((each) => !needed.includes(each)).map((each) => `${name}: imports ${each}, undeclared`),
    ...idle.map((each) => `${name}: declares ${each}, which nothing imports`),
  ];
}

/** Tracked text files that name a registry or a path of one machine. */
export function checkHosts(files, read) {
  const failures = [];
  for (const file of files) {
    const text = read(file);
    if (text.includes('\0')) continue;
    for (const [rule, says] of [
      [HOSTS, 'a registry host'],
      [MACHINE, "a machine's own path"],
    ]) {
      const hit = rule.exec(text);
      if (hit !== null)
        failures.push(`${file}:${text.slice(0, hit.index).split('\n').length}: names ${says}: ${hit[0]}`);
    }
  }
  return failures;
}

/** tfjs dependencies that are not pinned to the one version. */
export function checkPins(manifests) {
  const failures = [];
  for (const [file, manifest] of manifests) {
    for (const kind of ['dependencies', 'peerDependencies', 'devDependencies', 'optionalDependencies']) {
      for (const [name, range] of Object.entries(manifest[kind] ?? {})) {
        if (name.startsWith('@tensorflow/') && range !== TFJS)
          failures.push(`${file}: ${name} is ${range}, not ${TFJS}`);
      }
    }
  }
  return failures;
}

/** Published packages whose LICENSE is not the repository's. */
export function checkLicenceFiles(root, packages) {
  const ours = readFileSync(join(root, 'LICENSE'), 'utf8');
  return packages
    .filter(({ dir }) => !existsSync(join(dir, 'LICENSE')) || readFileSync(join(dir, 'LICENSE'), 'utf8') !== ours)
    .map(({ name }) => `${name}: LICENSE is not a copy of the repository's`);
}

function publishedSources(files, { short }) {
  return files.filter((file) => file.startsWith(`packages/${short}/src/`) && !file.includes('.test.'));
}

/** All of the above over a checkout. */
export function checkRepository(root, packages) {
  const tracked = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' }).split('\0').filter(Boolean);
  const files = tracked.filter((file) => existsSync(join(root, file)));
  const read = (file) => readFileSync(join(root, file), 'utf8');
  const manifests = files
    .filter((file) => /(^|\/)package\.json$/.test(file))
    .map((file) => [file, JSON.parse(read(file))]);
  const lock = JSON.parse(read('package-lock.json'));
  const peers = manifests.flatMap(([, { peerDependencies = {} }]) => Object.keys(peerDependencies));
  const owed = Object.keys(missingEntries(lock));
  return [
    ...checkHosts(files, read),
    ...checkPins(manifests),
    ...packages.flatMap((pkg) => checkDependencies(pkg, publishedSources(files, pkg).map(read), peers)),
    ...checkLicenceFiles(root, packages),
    ...checkLicences(lock),
    ...(owed.length > 0
      ? [
          `package-lock.json lacks ${owed.length} platform packages, e.g. ${owed[0]}; run node scripts/complete-lockfile.mjs`,
        ]
      : []),
  ];
}
