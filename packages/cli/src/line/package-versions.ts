import { createRequire } from 'node:module';

/** What decides the bits of a run, beside recipe and machine. */
const PACKAGES = [
  '@asc/cli',
  '@asc/train',
  '@asc/models',
  '@asc/layers',
  '@asc/onnx',
  '@asc/features',
  '@asc/augment',
  'onnxruntime-node',
];

/** The versions of the packages a run depends on, as they are installed beside this one. */
export function packageVersions(): Record<string, string> {
  const require = createRequire(import.meta.url);
  return Object.fromEntries(
    PACKAGES.map((name) => [name, (require(`${name}/package.json`) as { version: string }).version]),
  );
}
