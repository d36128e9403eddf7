// ONNX Runtime checks `data instanceof Float32Array` against the outer realm's constructors; a jest sandbox has its
// own. This environment shares the outer ones, so that typed arrays are the same thing on both sides.
import { TestEnvironment } from 'jest-environment-node';
import { runInContext } from 'node:vm';

const SHARED = [
  'ArrayBuffer',
  'SharedArrayBuffer',
  'Float32Array',
  'Float64Array',
  'Int8Array',
  'Uint8Array',
  'Uint8ClampedArray',
  'Int16Array',
  'Uint16Array',
  'Int32Array',
  'Uint32Array',
  'BigInt64Array',
  'BigUint64Array',
];

/** Names that loops over numbers look up again and again. */
const HOT = [...SHARED, 'Math', 'Number', 'Array', 'Object', 'Map', 'Set', 'isNaN'];

export default class SharedTypedArrayEnvironment extends TestEnvironment {
  constructor(config, context) {
    super(config, context);
    for (const name of SHARED) this.global[name] = globalThis[name];
    // Every look-up of a global in a sandbox is a call into C++; of a constant of a script it is none.
    runInContext(HOT.map((name) => `const ${name} = globalThis.${name};`).join(''), this.getVmContext());
  }
}
