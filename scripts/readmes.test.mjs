import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tinyBytes } from '../packages/runtime/dist/tiny-model.test.helper.js';
import { publishedPackages } from './pack.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
// Inside the repository, where `@asc/…` is found, and where git and the linter do not look.
mkdirSync(join(root, 'examples', 'dist'), { recursive: true });
const folder = mkdtempSync(join(root, 'examples', 'dist', 'readmes-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What the reader of an example has at hand: code before it and files in the working directory. */
const AT_HAND = {
  quantize: {
    before:
      "import { createRng } from '@asc/core';\nconst features = (i: number) => createRng(i).fillNormal(new Float32Array(1152));\n",
    files: { 'model.onnx': readFileSync(join(root, 'golden', 'quantize', 'float.onnx')) },
  },
  runtime: {
    before:
      "import { createRng } from '@asc/core';\nconst samples = createRng(1).fillNormal(new Float32Array(72_000));\nconst pieces = [samples];\n",
    files: { 'model.onnx': tinyBytes() },
  },
};

/** Examples that end in the error they show: what stderr holds. */
const THROWS = { core: ['UsageError: The recipe has an unknown key "epoch".', 'Did you mean "epochs"?'] };

/** The first TypeScript block of a folder's README: the one-screen example. */
function exampleOf(dir) {
  const [, code] = /^```ts\n([\s\S]*?)^```/m.exec(readFileSync(join(dir, 'README.md'), 'utf8')) ?? [];
  if (code === undefined) throw new Error(`${dir}/README.md shows no example`);
  return code;
}

const packages = await publishedPackages(root);

describe('the example of every README', () => {
  beforeAll(() => {
    for (const { short, dir } of packages) {
      writeFileSync(join(folder, `${short}.mts`), `${AT_HAND[short]?.before ?? ''}${exampleOf(dir)}`);
    }
    writeFileSync(join(folder, 'root.mts'), exampleOf(root));
    const compilerOptions = {
      noUncheckedIndexedAccess: false,
      noUnusedLocals: false,
      incremental: false,
      declaration: false,
      declarationMap: false,
      sourceMap: false,
    };
    const config = { extends: '../../../tsconfig.base.json', compilerOptions, include: ['*.mts'] };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
  });

  it('compiles under strict settings', () => {
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    const { stdout, status } = spawnSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8' });
    expect([stdout, status]).toEqual(['', 0]);
  });

  // The one of @asc/cli is run by its own tests, the repository's by those of the examples.
  it.each(packages.map(({ short }) => short).filter((short) => short !== 'cli'))('runs: %s', (short) => {
    const cwd = join(folder, `in-${short}`);
    mkdirSync(cwd);
    for (const [name, bytes] of Object.entries(AT_HAND[short]?.files ?? {})) writeFileSync(join(cwd, name), bytes);
    const { status, stderr } = spawnSync(process.execPath, [join(folder, `${short}.mjs`)], { cwd, encoding: 'utf8' });
    const says = THROWS[short];
    // tfjs advertises its native binding on stderr.
    expect([status, status === 0 ? '' : stderr]).toEqual(says === undefined ? [0, ''] : [1, stderr]);
    for (const line of says ?? []) expect(stderr).toContain(line);
  });
});
