import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { UsageError } from '@asc/core';
import { missingProvider, providerOptions } from './model/execution-provider.js';
import { OnnxRunner } from './model/onnx-runner.js';

const CHILD = fileURLToPath(new URL('./engines.test.child.js', import.meta.url));
/** A Vulkan driver in software that Chromium brings along: with it, WebGPU is tested without a GPU. */
const SOFTWARE_VULKAN = '/usr/lib/chromium/vk_swiftshader_icd.json';

type Outcome = { readonly results: number[] } | { readonly kind: string; readonly message: string };

/** In a process of its own: drivers are chosen once, and print what they like. */
function train(engine: string, environment: NodeJS.ProcessEnv = {}): Outcome {
  const env = { ...process.env, ...environment };
  const { stdout } = spawnSync(process.execPath, [CHILD, engine], { encoding: 'utf8', env });
  return JSON.parse(stdout.slice(stdout.lastIndexOf('{'))) as Outcome;
}

describe('engines', () => {
  const reference = train('cpu');

  function expectEqualOrRefused(outcome: Outcome, engine: string): void {
    if ('results' in outcome && 'results' in reference) {
      // The sums of another device are in another order.
      outcome.results.forEach((x, i) => expect(Math.abs(x - reference.results[i]!)).toBeLessThan(2e-5));
      expect(outcome.results).toHaveLength(reference.results.length);
    } else {
      expect(outcome).toMatchObject({ kind: 'UsageError' });
      expect(outcome).toHaveProperty('message', expect.stringContaining(`"${engine}"`));
      expect(outcome).toHaveProperty('message', expect.stringContaining('else use "cpu"'));
    }
  }

  test('the processor trains', () => {
    expect(reference).toHaveProperty('results.length', 2 + 72 + 12);
  });

  test('cuda trains as the processor does, or says what it needs', () => {
    expectEqualOrRefused(train('cuda'), 'cuda');
  });

  const software = existsSync(SOFTWARE_VULKAN);
  test(`webgpu trains as the processor does${software ? ', on software Vulkan' : ', or says what it needs'}`, () => {
    const outcome = train('webgpu', software ? { VK_ICD_FILENAMES: SOFTWARE_VULKAN } : {});
    if (software) expect(outcome).toHaveProperty('results');
    expectEqualOrRefused(outcome, 'webgpu');
  });

  test.each(['webgpu', 'cuda'] as const)('%s is refused where ONNX Runtime was built without it', (engine) => {
    const plain = { listSupportedBackends: () => [{ name: 'cpu', bundled: true }] };
    expect(() => providerOptions(plain as never, engine, () => [])).toThrow(UsageError);
    expect(() => providerOptions(plain as never, engine, () => [])).toThrow(/one of cpu[^]*use "cpu"/);
  });

  test('a graph that is wrong is not blamed on the machine', () => {
    for (const engine of ['cpu', 'webgpu', 'cuda'] as const) {
      expect(missingProvider(engine, 'This is an invalid model. Error in Node: no such operator')).toBeUndefined();
    }
    expect(missingProvider('webgpu', 'Failed to get a WebGPU adapter: No supported adapters\n')?.message).toContain(
      'received Failed to get a WebGPU adapter: No supported adapters',
    );
  });

  test('an engine nobody knows is refused', async () => {
    await expect(OnnxRunner.create(Uint8Array.of(1), { engine: 'tpu' as never })).rejects.toThrow(
      /"cpu", "webgpu", "cuda"/,
    );
  });
});
