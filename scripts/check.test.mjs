import { describe, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { checkDependencies, checkHosts, checkPins, importedPackages } from './check-repository.mjs';
import { checkContents, checkSize } from './check-tarballs.mjs';
import { completeLock, missingEntries, platformOf } from './complete-lockfile.mjs';
import { checkLicences, isAllowed } from './licences.mjs';
import { staleFiles } from './prune-dist.mjs';
import { declaredExports } from './surface.mjs';

const pkg = { name: '@asc/thing', short: 'thing' };

describe('licences', () => {
  it('allows permissive licences, either of a choice, and refuses copyleft', () => {
    expect(['MIT', 'Apache-2.0 AND MIT', '(GPL-3.0 OR MIT)'].map(isAllowed)).toEqual([true, true, true]);
    expect(['LGPL-3.0', 'MPL-2.0', 'MIT AND GPL-2.0'].map(isAllowed)).toEqual([false, false, false]);
  });

  it('asks about production dependencies only, and about those that say nothing', () => {
    const lock = {
      packages: {
        'node_modules/dev-only': { version: '1.0.0', dev: true, license: 'GPL-3.0' },
        'node_modules/quiet': { version: '1.0.0' },
        'node_modules/a/node_modules/@s/copyleft': { version: '2.0.0', license: 'LGPL-2.1' },
      },
    };
    expect(checkLicences(lock)).toEqual([
      expect.stringContaining('quiet@1.0.0'),
      expect.stringContaining('@s/copyleft@2.0.0: licence LGPL-2.1'),
    ]);
    expect(checkLicences(lock, { quiet: 'MIT, see its README' })).toHaveLength(1);
  });
});

describe('tarballs', () => {
  const complete = ['LICENSE', 'README.md', 'package.json', 'dist/index.js', 'dist/index.d.ts'];

  it('refuses tests, missing files and maps without their source', () => {
    expect(checkContents(pkg, complete)).toEqual([]);
    expect(checkContents(pkg, [...complete, 'dist/a.test.js'])).toHaveLength(1);
    expect(checkContents(pkg, [...complete, 'dist/index.js.map'])).toHaveLength(1);
    expect(checkContents(pkg, complete.slice(1))).toEqual(['@asc/thing: LICENSE is not published']);
  });

  it('holds a package to its ceiling, and wants one for each', () => {
    expect(checkSize(pkg, 1024, { thing: 1 })).toEqual([]);
    expect(checkSize(pkg, 1025, { thing: 1 })).toHaveLength(1);
    expect(checkSize(pkg, 1, {})).toHaveLength(1);
  });
});

describe('repository', () => {
  it('finds registry hosts and machine paths, with their line', () => {
    const host = ['registry', 'example'].join('.');
    const path = ['', 'root', 'me'].join('/');
    const texts = { 'a.txt': `fine\nhttps://${host}/x`, 'b.txt': `see ${path}`, 'c.txt': 'fine' };
    const failures = checkHosts(Object.keys(texts), (file) => texts[file]);
    expect(failures).toEqual([
      expect.stringMatching(/^a\.txt:2: names a registry host/),
      expect.stringMatching(/^b\.txt:1/),
    ]);
  });

  it('pins tfjs', () => {
    const manifest = {
      peerDependencies: { '@tensorflow/tfjs-core': '^4.22.0' },
      dependencies: { '@tensorflow/tfjs-layers': '4.22.0' },
    };
    expect(checkPins([['p/package.json', manifest]])).toEqual([
      'p/package.json: @tensorflow/tfjs-core is ^4.22.0, not 4.22.0',
    ]);
  });
});

describe('dependencies', () => {
  it('reads what a source imports', () => {
    const source = [
      "import { a } from '@asc/core';",
      'import {\n  b,\n} from "@scope/name/deep";',
      "import 'bare';",
      "export type { C } from 'typed';",
      "const d = await import('lazy');",
      "const e = createRequire(import.meta.url).resolve('wasm/file.wasm');",
      "import { f } from './own.js';",
      "import { g } from 'node:fs';",
      "const notOne = 'from';",
    ].join('\n');
    expect([...importedPackages(source)].toSorted()).toEqual([
      '@asc/core',
      '@scope/name',
      'bare',
      'lazy',
      'typed',
      'wasm',
    ]);
  });

  it('point one way, and are those that published sources import', () => {
    const layers = {
      name: '@asc/layers',
      short: 'layers',
      manifest: { dependencies: { '@asc/core': '1', '@asc/onnx': '1', idle: '1' }, peerDependencies: { peer: '1' } },
    };
    const sources = [
      "import { a } from '@asc/core';\nimport { b } from '@asc/onnx';",
      "import { c } from '@asc/testing';",
    ];
    expect(checkDependencies(layers, sources, ['peer'])).toEqual([
      '@asc/layers: needs @asc/onnx, which is not below it',
      '@asc/layers: imports @asc/testing, undeclared',
      '@asc/layers: declares idle, which nothing imports',
    ]);
  });
});

describe('lock file', () => {
  it('reads a platform from a package name', () => {
    expect(platformOf('@x/binding-linux-arm64-musl')).toEqual({ cpu: ['arm64'], libc: ['musl'], os: ['linux'] });
    expect(platformOf('@turbo/windows-64')).toEqual({ cpu: ['x64'], os: ['win32'] });
    expect(platformOf('@x/left-pad')).toEqual({});
  });

  it('completes the optional packages of other platforms, once', () => {
    const parent = {
      version: '2.0.0',
      dev: true,
      license: 'MIT',
      optionalDependencies: { '@x/b-darwin-arm64': '2.0.0' },
    };
    const lock = { packages: { 'node_modules/x': parent } };
    expect(Object.keys(missingEntries(lock))).toEqual(['node_modules/@x/b-darwin-arm64']);
    expect(missingEntries(completeLock(lock))).toEqual({});
  });
});

describe('surface', () => {
  it('reads every form of export from declarations', () => {
    const dir = mkdtempSync(join(tmpdir(), 'asc-surface-'));
    try {
      writeFileSync(join(dir, 'shape.d.ts'), 'export interface Shape {\n}\nexport declare const unit: Shape;\n');
      writeFileSync(
        join(dir, 'index.d.ts'),
        [
          "export type * from './shape.js';",
          "export { unit as one, type Shape as Form } from './shape.js';",
          'export declare abstract class Base {\n}',
          'export declare function make(): void;',
          'export type Alias = string;',
        ].join('\n'),
      );
      expect(declaredExports(join(dir, 'index.d.ts'))).toEqual({
        Shape: 'type',
        unit: 'type',
        one: 'value',
        Form: 'type',
        Base: 'value',
        make: 'value',
        Alias: 'type',
      });
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });
});

describe('built files', () => {
  it('are stale where their source is gone', () => {
    const dir = mkdtempSync(join(tmpdir(), 'asc-stale-'));
    try {
      for (const part of ['src', 'dist']) mkdirSync(join(dir, part));
      writeFileSync(join(dir, 'src', 'kept.ts'), '');
      for (const file of ['kept.js', 'kept.d.ts', 'gone.js', 'gone.d.ts.map', '.tsbuildinfo']) {
        writeFileSync(join(dir, 'dist', file), '');
      }
      const stale = staleFiles(join(dir, 'dist'), join(dir, 'src'));
      expect(stale.map((file) => basename(file)).toSorted()).toEqual(['gone.d.ts.map', 'gone.js']);
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });
});
