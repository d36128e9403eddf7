import { spawnSync } from 'node:child_process';
import { lstat, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DataError, ndArray, UsageError } from '@asc/core';
import { encodeOnnx } from './encode-onnx.js';
import { readOnnxFile, writeOnnxFile } from './onnx-file.js';
import type { OnnxModel } from './onnx-model.js';
import { OnnxRunner } from './onnx-runner.js';

/** y (B, 2) = x (B, 3) · w; not = !flag */
const MODEL: OnnxModel = {
  irVersion: 9,
  producer: 'test',
  opsets: { '': 17 },
  graphName: 'g',
  inputs: [
    { name: 'x', type: 'float32', shape: ['B', 3] },
    { name: 'flag', type: 'bool', shape: [1] },
  ],
  outputs: [
    { name: 'y', type: 'float32', shape: ['B', 2] },
    { name: 'not', type: 'bool', shape: [1] },
  ],
  valueInfo: [],
  nodes: [
    { op: 'MatMul', domain: '', name: 'product', inputs: ['x', 'w'], outputs: ['y'], attributes: {} },
    { op: 'Not', domain: '', name: 'not', inputs: ['flag'], outputs: ['not'], attributes: {} },
  ],
  initializers: new Map([['w', { type: 'float32', shape: [3, 2], data: Float32Array.of(1, 2, 3, 4, 5, 6) }]]),
  metadata: {},
};
const FEEDS = { x: ndArray('float32', [1, 3], Float32Array.of(1, 1, 1)), flag: ndArray('bool', [1], Uint8Array.of(1)) };
const RESULT = {
  y: { dtype: 'float32', shape: [1, 2], data: Float32Array.of(9, 12) },
  not: { dtype: 'bool', shape: [1], data: Uint8Array.of(0) },
};

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'asc-onnx-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('OnnxRunner', () => {
  test('runs a model, its bytes and its file alike', async () => {
    const path = join(folder, 'model.onnx');
    await writeOnnxFile(path, MODEL);
    for (const source of [MODEL, encodeOnnx(MODEL), path]) {
      const runner = await OnnxRunner.create(source, { threads: 1, workload: source === path ? 'long' : 'short' });
      expect(runner.inputs).toEqual([
        { name: 'x', dtype: 'float32', shape: ['B', 3] },
        { name: 'flag', dtype: 'bool', shape: [1] },
      ]);
      expect(runner.outputs.map(({ name, dtype }) => [name, dtype])).toEqual([
        ['y', 'float32'],
        ['not', 'bool'],
      ]);
      expect(await runner.run(FEEDS)).toEqual(RESULT);
      await runner.release();
    }
  });

  test('accepts views and shared memory', async () => {
    const runner = await OnnxRunner.create(MODEL, { threads: 1 });
    const shared = new Float32Array(new SharedArrayBuffer(12)).fill(1);
    const view = new Float32Array(5).fill(1).subarray(1, 4);
    for (const data of [shared, view]) {
      expect(await runner.run({ ...FEEDS, x: { dtype: 'float32', shape: [1, 3], data } })).toEqual(RESULT);
    }
    await runner.release();
  });

  test('refuses feeds that are not the inputs, and says which and how', async () => {
    const runner = await OnnxRunner.create(MODEL, { threads: 1 });
    const { x, flag } = FEEDS;
    await expect(runner.run({ x })).rejects.toThrow(/expected x, flag, received x/);
    await expect(runner.run({ ...FEEDS, extra: x })).rejects.toThrow(/received x, flag, extra/);
    await expect(runner.run({ x: ndArray('float32', [3]), flag })).rejects.toThrow(/Input x has the wrong shape/);
    await expect(runner.run({ x: ndArray('float32', [1, 2]), flag })).rejects.toThrow(/\[B, 3\], received \[1, 2\]/);
    await expect(runner.run({ x: ndArray('int32', [1, 3]), flag })).rejects.toThrow(/Input x has the wrong type/);
    await expect(runner.run({ x: { ...x, shape: [2, 3] }, flag })).rejects.toThrow(/6 values .* received 3/);
    await runner.release();
  });

  test('refuses to run once released, and releasing twice is harmless', async () => {
    const runner = await OnnxRunner.create(MODEL, { threads: 1 });
    await runner.release();
    await runner.release();
    await expect(runner.run(FEEDS)).rejects.toThrow(/released/);
  });

  test('names graphs, files and options it cannot use', async () => {
    await expect(OnnxRunner.create(join(folder, 'none.onnx'))).rejects.toThrow(/Cannot read .*none.onnx/);
    await expect(OnnxRunner.create(new Uint8Array(9))).rejects.toThrow(DataError);
    await expect(OnnxRunner.create(MODEL, { threads: 0 })).rejects.toThrow(UsageError);
    const unknown = { ...MODEL, nodes: [{ ...MODEL.nodes[0]!, op: 'Nonsense' }, MODEL.nodes[1]!] };
    await expect(OnnxRunner.create(unknown)).rejects.toThrow(/Nonsense/);
    const int64 = {
      ...MODEL,
      outputs: [...MODEL.outputs, { name: 'n', type: 'int64' as const, shape: [2] }],
      nodes: [...MODEL.nodes, { op: 'Shape', domain: '', name: '', inputs: ['y'], outputs: ['n'], attributes: {} }],
    };
    await expect(OnnxRunner.create(int64)).rejects.toThrow(/n cannot go in or out[\s\S]*received int64/);
  });
});

describe('writeOnnxFile and readOnnxFile', () => {
  test('a model comes back whole', async () => {
    const path = join(folder, 'back.onnx');
    await writeOnnxFile(path, MODEL);
    expect(await readOnnxFile(path)).toEqual(MODEL);
  });

  test('a failed write leaves nothing behind and the old file whole', async () => {
    const path = join(folder, 'kept.onnx');
    await writeOnnxFile(path, MODEL);
    const before = await readdir(folder);
    const broken = {
      ...MODEL,
      initializers: new Map([['w', { type: 'float32' as const, shape: [9], data: new Float32Array(1) }]]),
    };
    await expect(writeOnnxFile(path, broken)).rejects.toThrow(UsageError);
    await expect(writeOnnxFile(join(folder, 'no', 'such.onnx'), MODEL)).rejects.toThrow(/Cannot write/);
    await expect(writeOnnxFile(folder, MODEL)).rejects.toThrow(/Cannot write/);
    expect(await readdir(folder)).toEqual(before);
    expect(await readOnnxFile(path)).toEqual(MODEL);
  });

  test('a device or pipe is not replaced by a file', async () => {
    const pipe = join(folder, 'pipe.onnx');
    if (spawnSync('mkfifo', [pipe]).status !== 0) return;
    await expect(writeOnnxFile(pipe, MODEL)).rejects.toThrow(/received a device, pipe or socket/);
    expect((await lstat(pipe)).isFIFO()).toBe(true);
  });

  test('a damaged file is named', async () => {
    const path = join(folder, 'damaged.onnx');
    await writeFile(path, encodeOnnx(MODEL).subarray(0, 50));
    await expect(readOnnxFile(path)).rejects.toThrow(/damaged.onnx: The bytes are not/);
  });
});
