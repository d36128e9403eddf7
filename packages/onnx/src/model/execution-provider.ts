import { UsageError } from '@asc/core';
import type * as Ort from 'onnxruntime-node';
import type { OnnxNode } from './onnx-model.js';

/** Where ONNX Runtime computes: the processor, a GPU through WebGPU (Vulkan, Metal, Direct3D), or an NVIDIA card. */
export type ExecutionProvider = 'cpu' | 'webgpu' | 'cuda';

/** Every execution provider there is, by name. */
export const EXECUTION_PROVIDERS: readonly ExecutionProvider[] = ['cpu', 'webgpu', 'cuda'];

/**
 * A session's settings for running a graph on `provider`; `nodes` gives the graph's where they are needed.
 *
 * @throws UsageError where the installed ONNX Runtime was built without it.
 */
export function providerOptions(
  ort: typeof Ort,
  provider: ExecutionProvider,
  nodes: () => readonly OnnxNode[],
): Ort.InferenceSession.SessionOptions {
  if (!ort.listSupportedBackends().some(({ name }) => name === provider)) {
    throw new UsageError({
      what: `This onnxruntime-node cannot run on "${provider}".`,
      expected: `one of ${ort
        .listSupportedBackends()
        .map(({ name }) => name)
        .join(', ')}`,
      received: provider,
      hint: HINTS[provider],
    });
  }
  if (provider !== 'webgpu') return { executionProviders: [provider] };
  const forceCpuNodeNames = namesWithoutKernel(nodes());
  // An empty list of names is refused.
  if (forceCpuNodeNames.length === 0) return { executionProviders: [provider] };
  return { executionProviders: [{ name: provider, forceCpuNodeNames } as WebGpuOptions] };
}

/** ONNX Runtime's types lack what its WebGPU provider takes in Node. */
interface WebGpuOptions {
  readonly name: 'webgpu';
  readonly forceCpuNodeNames: readonly string[];
}

/** ONNX Runtime 1.30 takes pools that tell where their maxima were to WebGPU, and then fails to run them there. */
function namesWithoutKernel(nodes: readonly OnnxNode[]): string[] {
  const pools = nodes.filter(({ op, outputs, name }) => op === 'MaxPool' && outputs.length > 1 && name !== '');
  return pools.map(({ name }) => name);
}

/**
 * What to tell where a session on `provider` could not be made because of the machine; `undefined` where the cause lies
 * elsewhere, in the graph.
 */
export function missingProvider(provider: ExecutionProvider, cause: string): UsageError | undefined {
  const telltale = TELLTALES[provider];
  if (telltale === undefined || !telltale.test(cause)) return undefined;
  return new UsageError({
    what: `The engine "${provider}" does not work on this machine.`,
    received: cause.trim().split('\n').at(-1) ?? '',
    hint: HINTS[provider],
  });
}

const TELLTALES: Readonly<Record<ExecutionProvider, RegExp | undefined>> = {
  cpu: undefined,
  webgpu: /webgpu_context|WebGPU adapter|WebGPU device|No supported adapters/i,
  cuda: /_Cuda: |shared library|providers_cuda|CUDA (failure|error|driver)|cudaGetDevice/i,
};

const HINTS: Readonly<Record<ExecutionProvider, string>> = {
  cpu: 'Install onnxruntime-node again.',
  webgpu:
    'It needs a GPU with a Vulkan, Metal or Direct3D 12 driver (or a software one such as SwiftShader); else use "cpu".',
  cuda:
    'It needs an NVIDIA card, CUDA with cuDNN, and the CUDA build of ONNX Runtime, which onnxruntime-node downloads while it is ' +
    'installed on Linux x64 unless ONNXRUNTIME_NODE_INSTALL=skip or --ignore-scripts; else use "cpu".',
};
